package plugin

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/jackfield/jackfield/sdk/contract"
)

// faultyPlaces and faultyActions are where and how the disk queue can fail.
var (
	faultyPlaces = []string{
		"enqueue before", "enqueue after", "receive before", "receive handed", "ack before", "ack after",
		"nack before", "nack after", "reject before", "reject after", "extend before", "extend after",
	}
	faultyActions = []string{"kill", "stop", "cut", "away", "late"}
)

// Whatever happens to the plugin, and when, no accepted job is lost, stored
// twice or out of order.
func TestNothingAcceptedIsLost(t *testing.T) {
	for _, at := range faultyPlaces {
		for _, action := range faultyActions {
			t.Run(at+" "+action, func(t *testing.T) {
				t.Parallel()
				w := newWorks(t)
				stop := w.work()
				w.fill(0, worksJobs/3)
				arm(t, w.dir, at, action)
				w.fill(worksJobs/3, worksJobs)
				w.finish(stop)
				if !struck(w.dir, at) {
					t.Error("the fault did not happen")
				}
			})
		}
	}
}

// The same while kept jobs are handed to a successor, which is struck in turn.
func TestNoKeptJobIsLost(t *testing.T) {
	for _, moment := range []string{"before", "after"} {
		for _, action := range []string{"kill", "stop", "cut", "away", "late", "bug"} {
			at := "enqueue " + moment
			t.Run(at+" "+action, func(t *testing.T) {
				t.Parallel()
				w := newWorks(t)
				w.fill(0, 5)
				kill(t, pidOf(w.host), unix.SIGKILL)
				eventually(t, "the fault is noticed", func() bool { return w.host.Status()[0].State != Serving })
				arm(t, w.dir, at, action)
				w.fill(5, worksJobs)
				w.finish(w.work())
				if !struck(w.dir, at) {
					t.Error("the fault did not happen")
				}
			})
		}
	}
}

// Several faults and an upgrade, one upon the other.
func TestNothingIsLostInTrouble(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			chance := rand.New(rand.NewPCG(seed, 1))
			w := newWorks(t)
			stop := w.work()
			for i := range 6 {
				arm(t, w.dir, faultyPlaces[chance.IntN(len(faultyPlaces))], faultyActions[chance.IntN(len(faultyActions))])
				w.fill(i*worksJobs/6, (i+1)*worksJobs/6)
				if i == 3 {
					_ = w.host.Upgrade(t.Context(), "faulty-good", nil) // which the faults may end
				}
			}
			w.finish(stop)
		})
	}
}

func TestNothingIsLostInUpgrades(t *testing.T) {
	w := newWorks(t)
	stop := w.work()
	for i := range 4 {
		w.fill(i*worksJobs/4, (i+1)*worksJobs/4)
		if err := w.host.Upgrade(t.Context(), "faulty-good", nil); err != nil {
			t.Error(err)
		}
	}
	w.finish(stop)
}

// A plugin that is killed, or hangs, while it is told to hand out nothing more
// holds nobody up.
func TestDrainEndsWhateverHappens(t *testing.T) {
	for _, action := range []string{"kill", "stop", "cut"} {
		for _, moment := range []string{"before", "after"} {
			at := fmt.Sprint("drain ", moment)
			t.Run(at+" "+action, func(t *testing.T) {
				t.Parallel()
				w := newWorks(t)
				done := make(chan error, 1)
				go func() {
					_, err := w.consumer.Receive(t.Context(), 1)
					done <- err
				}()
				arm(t, w.dir, at, action)
				eventually(t, "the consumer is told", func() bool {
					_ = w.consumer.Drain(t.Context())
					return struck(w.dir, at)
				})
				eventually(t, "calls", func() bool { // a hung process is found by them
					w.host.Queue().Enqueue(t.Context(), []contract.Job{job(1)})
					return len(done) == 1
				})
				if err := <-done; !errors.Is(err, contract.ErrClosed) {
					t.Errorf("receive: %v", err)
				}
				if err := w.consumer.Close(); err != nil && action != "stop" {
					t.Logf("close: %v", err)
				}
			})
		}
	}
}
