package plugintest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

var queueCrash = []queueCase{
	{name: "while workers crash, every job is done or dead (seed 1)", run: func(b *queueBench) { crashes(b, 1) }},
	{name: "while workers crash, every job is done or dead (seed 2)", run: func(b *queueBench) { crashes(b, 2) }},
}

// ledger is what the workers saw of the jobs.
type ledger struct {
	mu       sync.Mutex
	attempts map[string]map[uint32]bool // by job: the attempts that were seen
	done     map[string]uint32          // the attempt at which Ack returned nil
	limit    uint32
}

// crashes lets six workers do 120 jobs; now and then one gives a job back,
// rejects it, forgets it, or is closed with jobs in hand.
func crashes(b *queueBench, seed uint64) {
	const jobs, groups, workers = 120, 24, 6
	l := &ledger{attempts: map[string]map[uint32]bool{}, done: map[string]uint32{}, limit: 3}
	var made []contract.Job
	for i := range jobs {
		job := b.job(fmt.Sprint("g", i%groups))
		job.MaxAttempts = l.limit
		made = append(made, job)
	}
	b.enqueue(made...)
	ctx, stop := context.WithCancel(b.Context())
	var busy sync.WaitGroup
	for i := range workers {
		busy.Go(func() { b.unreliable(ctx, l, rand.New(rand.NewPCG(seed, uint64(i)))) })
	}
	defer busy.Wait()
	defer stop()
	b.until("every job done or dead", func() bool {
		if b.advance != nil {
			b.advance(20 * time.Millisecond)
		}
		return b.settled(l, made) || b.Failed()
	})
}

// settled tells whether every job is done or dead. What is dead shows in the
// dead letters, and where there are none, by nothing being left.
func (b *queueBench) settled(l *ledger, made []contract.Job) bool {
	if !b.has(contract.CapQueueDead) {
		st, err := b.queue.Stats(b.Context(), b.name)
		wantNil(b.T, "Stats", err)
		return st.Waiting+st.Delayed+st.Out == 0
	}
	dead := map[string]bool{}
	for _, d := range b.listDead(1000) {
		dead[d.Job.ID] = true
		if d.Attempts < l.limit && d.Reason != "rejected" {
			b.Errorf("%s died after %d of %d attempts: %s", d.Job.ID, d.Attempts, l.limit, d.Reason)
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, j := range made {
		done := l.done[j.ID] > 0
		if done && dead[j.ID] {
			b.Errorf("%s is done and dead", j.ID)
		}
		if !done && !dead[j.ID] {
			return false
		}
	}
	return true
}

// unreliable works until ctx ends, as a new consumer after each crash.
func (b *queueBench) unreliable(ctx context.Context, l *ledger, dice *rand.Rand) {
	for ctx.Err() == nil {
		c, err := b.queue.Consume(ctx, contract.ConsumeOptions{Queue: b.name, Consumer: "crashes", Lease: lease})
		if err != nil {
			if ctx.Err() == nil {
				b.Errorf("Consume: %v", err)
			}
			return
		}
		w := &worker{c, b}
		for alive := true; alive && ctx.Err() == nil; {
			moment, cancel := w.moment()
			ds, _ := w.Receive(moment, 1+dice.IntN(3))
			cancel()
			for _, d := range ds {
				alive = l.handle(w, d, dice.IntN(100)) && alive
			}
		}
		_ = c.Close()
	}
}

// moment is a context that ends soon.
func (w *worker) moment() (context.Context, context.CancelFunc) {
	return context.WithTimeout(w.b.Context(), 20*time.Millisecond)
}

// handle does with a job what the dice say; false means that the worker crashes.
func (l *ledger) handle(w *worker, d contract.Delivery, dice int) bool {
	l.saw(w.b, d)
	ctx := w.b.Context()
	switch {
	case dice < 4:
		return false
	case dice < 8: // forgotten: its lease will end
	case dice < 20:
		_ = w.Nack(ctx, d, "try again", time.Duration(dice)*10*time.Millisecond)
	case dice < 25:
		_ = w.Reject(ctx, d, "rejected")
	default:
		err := w.Ack(ctx, d)
		if err == nil {
			l.finish(d)
		} else if !errors.Is(err, contract.ErrNotFound) {
			w.b.Errorf("Ack of %s: %v", d.Job.ID, err)
		}
	}
	return true
}

func (l *ledger) finish(d contract.Delivery) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.done[d.Job.ID] = d.Attempt
}

func (l *ledger) saw(b *queueBench, d contract.Delivery) {
	l.mu.Lock()
	defer l.mu.Unlock()
	id := d.Job.ID
	switch {
	case l.done[id] > 0 && d.Attempt > l.done[id]:
		b.Errorf("%s was handed over (attempt %d) after it was done", id, d.Attempt)
	case d.Attempt < 1 || d.Attempt > l.limit:
		b.Errorf("%s was handed over with attempt %d of %d", id, d.Attempt, l.limit)
	case l.attempts[id][d.Attempt]:
		b.Errorf("%s was handed over twice with attempt %d", id, d.Attempt)
	}
	if l.attempts[id] == nil {
		l.attempts[id] = map[uint32]bool{}
	}
	l.attempts[id][d.Attempt] = true
}
