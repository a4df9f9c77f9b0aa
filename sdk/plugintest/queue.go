package plugintest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// QueueConfig describes a queue to its suite.
type QueueConfig struct {
	// Open returns the queue for one case, with room for 5 000 jobs.
	Open func(t *testing.T) contract.Queue
	// Capabilities are what the driver declares; nil: found by type assertion
	// and by the driver's Capabilities method.
	Capabilities []contract.Capability
	// Advance moves the driver's own clock and wakes what waits for it. Bubble
	// runs every case in a synctest bubble instead. With neither, time passes for real.
	Advance func(d time.Duration)
	Bubble  bool
	// BackOff is the longest time that the driver's own back-off keeps a job
	// after its first attempt; 0 means 10 s.
	BackOff time.Duration
	// Approximate says that Stats are estimates, which leaves their case out.
	Approximate bool

	clients opener[contract.Queue] // instead of Open, if not nil
}

// Queue checks every promise of contract.Queue, Consumer and DeadLetters.
func Queue(t *testing.T, cfg QueueConfig) {
	t.Helper()
	if cfg.BackOff == 0 {
		cfg.BackOff = 10 * time.Second
	}
	cases := slices.Concat(queueEnqueue, queueDedupe, queueReceive, queueSettle, queueLease, queueDelay,
		queueGroups, queueOrder, queueDead, queueDrain, queueCrash)
	open := directly(cfg.clients, cfg.Open, cfg.Capabilities)
	play(t, pace{advance: cfg.Advance, bubble: cfg.Bubble}, cases, func(t *testing.T) *queueBench {
		q, caps := open(t)
		return &queueBench{
			bench: bench{T: t, pace: pace{advance: cfg.Advance, bubble: cfg.Bubble}, caps: caps},
			queue: q,
			cfg:   cfg,
			name:  unique("suite-"),
		}
	})
}

// queueBench is the queue of one case and a queue name that only it uses.
type queueBench struct {
	bench
	queue contract.Queue
	cfg   QueueConfig
	name  string
	made  int
}

type queueCase = scenario[*queueBench]

const (
	// lease is the shortest that the contract allows, for cases that lose it.
	lease = time.Second
	// hold is a lease that no case loses.
	hold = 10 * time.Minute
)

// job makes a job in a group; its id and body are its own.
func (b *queueBench) job(group string) contract.Job {
	b.made++
	id := unique(fmt.Sprintf("job%d-", b.made))
	return contract.Job{Queue: b.name, ID: id, GroupKey: group, Body: []byte("body of " + id)}
}

// jobs makes n jobs, each in a group of its own.
func (b *queueBench) jobs(n int) []contract.Job {
	jobs := make([]contract.Job, n)
	for i := range jobs {
		jobs[i] = b.job(fmt.Sprint("group", i))
	}
	return jobs
}

// enqueue stores jobs, which must succeed.
func (b *queueBench) enqueue(jobs ...contract.Job) {
	b.Helper()
	errs := b.queue.Enqueue(b.Context(), jobs)
	wantSame(b.T, "errors of Enqueue", len(errs), len(jobs))
	wantNil(b.T, "Enqueue", errors.Join(errs...))
}

// worker is one consumer of the case's queue, closed at the end of the case.
type worker struct {
	contract.Consumer
	b *queueBench
}

func (b *queueBench) worker(lease time.Duration) *worker {
	b.Helper()
	c, err := b.queue.Consume(b.Context(), contract.ConsumeOptions{Queue: b.name, Consumer: unique("w"), Lease: lease})
	wantNil(b.T, "Consume", err)
	b.Cleanup(func() { _ = c.Close() })
	return &worker{c, b}
}

// take waits for jobs.
func (w *worker) take(max int) []contract.Delivery {
	w.b.Helper()
	ctx, cancel := context.WithTimeout(w.b.Context(), patience)
	defer cancel()
	ds, err := w.Receive(ctx, max)
	wantNil(w.b.T, "Receive", err)
	if len(ds) < 1 || len(ds) > max {
		w.b.Fatalf("Receive(%d) returned %d jobs", max, len(ds))
	}
	return ds
}

// takes waits for one job, which must be this one at this attempt.
func (w *worker) takes(job contract.Job, attempt uint32) contract.Delivery {
	w.b.Helper()
	d := w.take(1)[0]
	wantSame(w.b.T, "job", d.Job.ID, job.ID)
	wantSame(w.b.T, "attempt of "+job.ID, d.Attempt, attempt)
	return d
}

// takeAll waits for n jobs in as many calls as it takes.
func (w *worker) takeAll(n int) []contract.Delivery {
	w.b.Helper()
	var all []contract.Delivery
	for len(all) < n {
		all = append(all, w.take(n-len(all))...)
	}
	return all
}

// idle expects that no job can be handed over now.
func (w *worker) idle(why string) {
	w.b.Helper()
	ctx, cancel := context.WithTimeout(w.b.Context(), w.b.short())
	defer cancel()
	ds, err := w.Receive(ctx, 10)
	if len(ds) > 0 {
		w.b.Fatalf("%s, but %s was handed over (attempt %d)", why, ds[0].Job.ID, ds[0].Attempt)
	}
	if err == nil {
		w.b.Fatal("Receive returned neither a job nor an error")
	}
	wantKnown(w.b.T, "Receive", err)
}

func (w *worker) ack(ds ...contract.Delivery) {
	w.b.Helper()
	for _, d := range ds {
		wantNil(w.b.T, "Ack of "+d.Job.ID, w.Ack(w.b.Context(), d))
	}
}

func (w *worker) nack(d contract.Delivery, after time.Duration) {
	w.b.Helper()
	wantNil(w.b.T, "Nack of "+d.Job.ID, w.Nack(w.b.Context(), d, "the receiver said 500", after))
}

// ids returns the ids of deliveries, in order.
func ids(ds []contract.Delivery) []string {
	out := make([]string, len(ds))
	for i, d := range ds {
		out[i] = d.Job.ID
	}
	return out
}
