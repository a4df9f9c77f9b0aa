package core

import (
	"context"
	"testing"
	"time"

	"github.com/jackfield/jackfield/core/internal/limit"
	"github.com/jackfield/jackfield/sdk/contract"
)

type away struct{}

func (away) Take(context.Context, contract.TakeRequest) (contract.TakeResult, error) {
	return contract.TakeResult{}, contract.ErrUnavailable
}

func (away) Reset(context.Context, string) error { return contract.ErrUnavailable }

func TestWithoutItsLimiterTheNodeDoesAsConfigured(t *testing.T) {
	req := contract.TakeRequest{Key: "k", Cost: 1, Limit: 2, Window: time.Minute}
	for onError, want := range map[string]int{"local": 2, "open": 5, "closed": 0} {
		l := &sharedLimiter{shared: away{}, local: limit.NewKeyed(10, func() int64 { return 1 }), onError: onError}
		admitted := 0
		for range 5 {
			result, err := l.Take(context.Background(), req)
			if err != nil {
				t.Fatal(err)
			}
			if result.Allowed {
				admitted++
			}
		}
		if admitted != want {
			t.Errorf("%s admitted %d of 5, want %d", onError, admitted, want)
		}
	}
}
