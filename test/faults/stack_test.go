//go:build !race

package faults

import (
	"testing"

	"github.com/jackfield/jackfield/test/launch"
)

// The reader of a connection fits into the smallest stack there is, 2 KB: what it
// once needs more, ten thousand quiet connections hold for their lives.
func TestAQuietConnectionHasTheSmallestStack(t *testing.T) {
	const clients, most = 1000, 2.5 * 1024
	s := built.Start(t, launch.Options{})
	churn(t, s, 100)
	before := metric(t, s, "go_memstats_stack_inuse_bytes", "")
	for range clients {
		c, err := dial(s.Port, "app-key")
		if err != nil {
			t.Fatal(err)
		}
		defer c.conn.Close()
		if err := c.subscribe("room"); err != nil {
			t.Fatal(err)
		}
	}
	each := (metric(t, s, "go_memstats_stack_inuse_bytes", "") - before) / clients
	t.Logf("%.0f bytes of stack for each connection", each)
	if each > most {
		t.Errorf("%.0f bytes of stack for each connection, at most %.0f are right: a frame between ReadLoop and the inbox has become larger", each, float64(most))
	}
}
