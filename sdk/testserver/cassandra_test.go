package testserver

import (
	"context"
	"testing"
	"time"
)

func TestCassandraAnswersAndComesBack(t *testing.T) {
	c := StartCassandra(t)
	c.Kill()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if c.answers(ctx) == nil {
		t.Error("it answers although it was killed")
	}
	c.Restart()
}
