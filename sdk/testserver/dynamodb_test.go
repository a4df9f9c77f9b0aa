package testserver

import (
	"context"
	"testing"
	"time"
)

func TestDynamoDBAnswersAndComesBack(t *testing.T) {
	for name, start := range map[string]func(TB) *DynamoDB{"dynalite": StartDynalite, "local": StartDynamoDBLocal} {
		t.Run(name, func(t *testing.T) {
			d := start(t)
			d.Kill()
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			if answersHTTP(ctx, d.URL) == nil {
				t.Error("it answers although it was killed")
			}
			d.Restart()
		})
	}
}
