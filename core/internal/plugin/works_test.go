package plugin

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// works is a queue with somebody who enqueues and a worker.
type works struct {
	*testing.T
	host     *Host
	dir      string // of the journal, if the queue is on disk
	consumer contract.Consumer
	lease    time.Duration
	accepted map[string][]string // ids by group

	mu    sync.Mutex
	begun map[string][]string // ids by group, each once
	ended map[string][]string // ids by group, as often as the queue took it for done
	jobs  int                 // in ended
}

const (
	worksGroups = 5
	worksJobs   = 60
)

func newWorks(t *testing.T) *works {
	t.Helper()
	dir := t.TempDir()
	o, _ := testOptions(t, "good")
	o.Plugins["faulty-good"] = PluginConfig{Drivers: []string{"disk"}}
	o.Choices = map[contract.Kind]Choice{
		contract.KindQueue: {Driver: "disk", Options: jsonOptions(t, map[string]any{"dir": dir})},
	}
	w := worksAt(t, startHost(t, o), 2*time.Second)
	w.dir = dir
	return w
}

func worksAt(t *testing.T, h *Host, lease time.Duration) *works {
	t.Helper()
	c, err := h.Queue().Consume(t.Context(), contract.ConsumeOptions{Queue: "q", Consumer: "c", Lease: lease})
	if err != nil {
		t.Fatal(err)
	}
	return &works{
		T: t, host: h, consumer: c, lease: lease,
		accepted: map[string][]string{}, begun: map[string][]string{}, ended: map[string][]string{},
	}
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

// work takes jobs until the consumer ends. What the queue does not hear comes again.
func (w *works) work() (stop func()) {
	ctx, cancel := context.WithCancel(w.Context())
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

// do does a job. Some are given back at first, and some leases are extended.
func (w *works) do(ctx context.Context, d contract.Delivery) {
	w.mu.Lock()
	if g := w.begun[d.Job.GroupKey]; !slices.Contains(g, d.Job.ID) {
		w.begun[d.Job.GroupKey] = append(g, d.Job.ID)
	}
	w.mu.Unlock()
	var err error
	switch last := d.Job.ID[len(d.Job.ID)-1]; {
	case d.Attempt == 1 && last == '3':
		_ = w.consumer.Nack(ctx, d, "not now", 0)
		return
	case last == '7':
		err = w.consumer.Reject(ctx, d, "never")
	case last == '5':
		_ = w.consumer.Extend(ctx, d, w.lease+time.Second)
		err = w.consumer.Ack(ctx, d)
	default:
		err = w.consumer.Ack(ctx, d)
	}
	if err == nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.ended[d.Job.GroupKey] = append(w.ended[d.Job.GroupKey], d.Job.ID)
		w.jobs++
	}
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
