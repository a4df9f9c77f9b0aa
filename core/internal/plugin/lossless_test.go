package plugin

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/jackfield/jackfield/sdk/contract"
)

// works is a queue on disk with somebody who enqueues and a worker.
type works struct {
	*testing.T
	host     *Host
	dir      string
	consumer contract.Consumer
	accepted map[string][]string // ids by group

	mu    sync.Mutex
	begun map[string][]string // ids by group, each once
}

const (
	worksGroups = 5
	worksJobs   = 60
)

func newWorks(t *testing.T) *works {
	t.Helper()
	o, _ := testOptions(t, "good")
	w := &works{T: t, dir: t.TempDir(), accepted: map[string][]string{}, begun: map[string][]string{}}
	o.Plugins["faulty-good"] = PluginConfig{Drivers: []string{"disk"}}
	o.Choices = map[contract.Kind]Choice{
		contract.KindQueue: {Driver: "disk", Options: jsonOptions(t, map[string]any{"dir": w.dir})},
	}
	w.host = startHost(t, o)
	var err error
	w.consumer, err = w.host.Queue().Consume(t.Context(), contract.ConsumeOptions{Queue: "q", Consumer: "c", Lease: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// fill enqueues jobs, one after the other, again as long as they are refused for now.
func (w *works) fill(from, to int) {
	for i := from; i < to; i++ {
		j := groupJob(i, worksGroups)
		eventually(w.T, "job "+j.ID+" is accepted", func() bool {
			err := w.host.Queue().Enqueue(w.Context(), []contract.Job{j})[0]
			if err != nil && !errors.Is(err, contract.ErrOverloaded) {
				w.Fatalf("enqueue %s: %v", j.ID, err)
			}
			return err == nil
		})
		w.accepted[j.GroupKey] = append(w.accepted[j.GroupKey], j.ID)
	}
}

// work takes jobs until the consumer ends. Some are given back at first, and
// some leases are extended. What the queue does not hear comes again.
func (w *works) work(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			deliveries, err := w.consumer.Receive(ctx, 3)
			if err != nil && (errors.Is(err, contract.ErrClosed) || ctx.Err() != nil) {
				return
			}
			for _, d := range deliveries {
				w.do(ctx, d)
			}
		}
	})
	return func() {
		if err := w.consumer.Drain(context.Background()); err != nil {
			w.Errorf("drain: %v", err)
		}
		wg.Wait() // the end of hand-overs is enough to end it
		cancel()
		if err := w.consumer.Close(); err != nil {
			w.Errorf("close: %v", err)
		}
	}
}

func (w *works) do(ctx context.Context, d contract.Delivery) {
	w.mu.Lock()
	if g := w.begun[d.Job.GroupKey]; !slices.Contains(g, d.Job.ID) {
		w.begun[d.Job.GroupKey] = append(g, d.Job.ID)
	}
	w.mu.Unlock()
	switch number := strings.TrimLeft(d.Job.ID, "0"); {
	case d.Attempt == 1 && strings.HasSuffix(number, "3"):
		_ = w.consumer.Nack(ctx, d, "not now", 0)
		return
	case strings.HasSuffix(number, "7"):
		_ = w.consumer.Reject(ctx, d, "never")
		return
	case strings.HasSuffix(number, "5"):
		_ = w.consumer.Extend(ctx, d, 3*time.Second)
	}
	_ = w.consumer.Ack(ctx, d)
}

// finish waits until all is done, and judges.
func (w *works) finish(stop func()) {
	eventually(w.T, "the end of all jobs", func() bool { return readHistory(w.T, w.dir).jobs >= worksJobs })
	stop()
	if err := w.host.FlushQueue(w.Context()); err != nil {
		w.Error(err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	readHistory(w.T, w.dir).judge(w.T, w.accepted, w.begun)
	if s := w.host.queue.spill; s.bytes != 0 || len(s.lines) != 0 {
		w.Errorf("%d bytes in %d groups are kept", s.bytes, len(s.lines))
	}
}

// Whatever happens to the plugin, and when, no accepted job is lost, stored
// twice or out of order.
func TestNothingAcceptedIsLost(t *testing.T) {
	places := []string{"enqueue", "receive", "ack", "nack", "reject", "extend"}
	for _, place := range places {
		for _, moment := range []string{"before", "after"} {
			for _, action := range []string{"kill", "stop", "cut", "away", "late"} {
				at := place + " " + moment
				t.Run(at+" "+action, func(t *testing.T) {
					t.Parallel()
					w := newWorks(t)
					stop := w.work(t.Context())
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
				w.finish(w.work(t.Context()))
				if !struck(w.dir, at) {
					t.Error("the fault did not happen")
				}
			})
		}
	}
}

func TestNothingIsLostInUpgrades(t *testing.T) {
	w := newWorks(t)
	stop := w.work(t.Context())
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
