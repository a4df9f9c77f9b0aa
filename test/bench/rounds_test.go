//go:build linux

package main

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTrialsTakeTurnsInChangingOrder(t *testing.T) {
	order := ""
	call := func(name string) trial[int] {
		return func() (int, error) {
			order += name
			return len(order), nil
		}
	}
	got, err := interleave(2, call("a"), call("b"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("ab"+"ba"+"ab", order); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([][]int{{4, 5}, {3, 6}}, got); diff != "" {
		t.Errorf("each trial has its values, without those of the first round: %s", diff)
	}
}

func TestAFailedTrialEndsTheRounds(t *testing.T) {
	broken := errors.New("broken")
	calls := 0
	_, err := interleave(2, func() (int, error) {
		calls++
		return 0, broken
	})
	if !errors.Is(err, broken) || calls != 1 {
		t.Errorf("%d calls, error %v", calls, err)
	}
}
