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

func TestNodesOfACassandraClusterKnowEachOther(t *testing.T) {
	c := StartCassandraCluster(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for _, n := range c.Nodes {
		if err := n.knows(ctx, 2); err != nil {
			t.Error(err)
		}
		if n.knows(ctx, 3) == nil {
			t.Errorf("node %s knows more nodes than there are", n.Addr)
		}
	}
}
