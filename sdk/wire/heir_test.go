package wire

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jackfield/jackfield/sdk/contract"
)

// heirQueue can take over the state of a predecessor.
type heirQueue struct{ *listQueue }

func (heirQueue) Export(context.Context, func([]byte) error) error { return nil }
func (heirQueue) Import(context.Context, []byte) error             { return nil }

// A queue that took its state over is asked about hand-overs of its predecessor;
// others cannot know them.
func TestHandOversOfAPredecessorAreSettled(t *testing.T) {
	driver := newListQueue()
	for name, offered := range map[string]any{"heir": heirQueue{driver}, "stranger": driver} {
		t.Run(name, func(t *testing.T) {
			cc, caps := connect(t, offer(contract.KindQueue, offered))
			q := NewQueue(cc, ClientOptions{Capabilities: caps})
			defer func() { _ = q.Close() }()
			c, err := q.Consume(within(t), contract.ConsumeOptions{Queue: "q", Consumer: "me", Lease: time.Minute})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = c.Close() }()
			driver.noted()
			err = c.Ack(within(t), contract.Delivery{Job: contract.Job{ID: "1", Body: []byte("b")}, Receipt: "r"})
			lost := c.Ack(within(t), contract.Delivery{Job: contract.Job{ID: "lost"}, Receipt: "r"})
			if name == "stranger" {
				if !errors.Is(err, contract.ErrNotFound) {
					t.Errorf("ack: %v", err)
				}
				return
			}
			if diff := cmp.Diff([]string{"ack 1 r "}, driver.noted()); diff != "" || err != nil || !errors.Is(lost, contract.ErrNotFound) {
				t.Errorf("%v, %v (-want +got):\n%s", err, lost, diff)
			}
		})
	}
}
