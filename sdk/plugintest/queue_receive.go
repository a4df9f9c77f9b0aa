package plugintest

import (
	"context"
	"fmt"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

var queueReceive = []queueCase{
	{name: "a consumer waits for a job that comes later", run: func(b *queueBench) {
		w := b.worker(hold)
		w.idle("nothing was enqueued")
		job := b.job("g")
		got := make(chan error, 1)
		go func() {
			ds, err := w.Receive(b.Context(), 1)
			if err == nil && ds[0].Job.ID != job.ID {
				err = fmt.Errorf("got %s, want %s", ds[0].Job.ID, job.ID)
			}
			got <- err
		}()
		b.enqueue(job)
		wantNil(b.T, "Receive", promptly(b.T, "Receive", func() error { return <-got }))
	}},
	{name: "no call returns more jobs than it asked for", run: func(b *queueBench) {
		b.enqueue(b.jobs(20)...)
		w := b.worker(hold)
		for _, max := range []int{1, 3, 7} {
			w.take(max)
		}
	}},
	{name: "only the jobs that were asked for leave the queue", run: onlyAsked},
	{name: "an attempt counts at the hand-over, not before", run: func(b *queueBench) {
		jobs := b.jobs(10)
		b.enqueue(jobs...)
		first, second := b.worker(hold), b.worker(hold)
		held := first.takeAll(1)
		b.pass(2 * hold / 3)
		for _, d := range second.takeAll(9) {
			wantSame(b.T, "attempt of "+d.Job.ID, d.Attempt, 1)
			if d.Job.ID == held[0].Job.ID {
				b.Fatalf("%s is in the hands of the first consumer", d.Job.ID)
			}
		}
	}},
	{name: "a consumer outlives the context of Consume", run: func(b *queueBench) {
		ctx, cancel := context.WithCancel(b.Context())
		c, err := b.queue.Consume(ctx, contract.ConsumeOptions{Queue: b.name, Consumer: "w", Lease: hold})
		wantNil(b.T, "Consume", err)
		b.Cleanup(func() { _ = c.Close() })
		cancel()
		job := b.job("g")
		b.enqueue(job)
		w := &worker{c, b}
		w.ack(w.takes(job, 1))
	}},
	{name: "a cancelled call loses no job", run: cancelledReceive},
	{name: "a call whose context has ended returns", run: func(b *queueBench) {
		w := b.worker(hold)
		err := promptly(b.T, "Receive", func() error { _, err := w.Receive(over(b.T), 1); return err })
		wantKnown(b.T, "Receive", err)
		if err == nil {
			b.Fatal("Receive of an empty queue returned no error")
		}
	}},
}

// onlyAsked breaks drivers that fetch ahead: what they hold is out of reach for
// others although nobody works on it.
func onlyAsked(b *queueBench) {
	b.enqueue(b.jobs(10)...)
	first, second := b.worker(hold), b.worker(hold)
	n := len(first.take(3))
	second.takeAll(10 - n)
	second.idle("all jobs are out")
}

// cancelledReceive interrupts calls at all moments while jobs come in.
func cancelledReceive(b *queueBench) {
	const many = 100
	jobs := b.jobs(many)
	w := b.worker(hold)
	fed := make(chan error, 1)
	go func() {
		for _, j := range jobs {
			if err := b.queue.Enqueue(b.Context(), []contract.Job{j})[0]; err != nil {
				fed <- err
				return
			}
		}
		fed <- nil
	}()
	seen := map[string]bool{}
	for round := 0; len(seen) < many; round++ {
		ctx, cancel := context.WithTimeout(b.Context(), time.Duration(round%8)*100*time.Microsecond)
		ds, err := w.Receive(ctx, 1+round%4)
		cancel()
		wantKnown(b.T, "Receive", err)
		for _, d := range ds {
			if seen[d.Job.ID] || d.Attempt != 1 {
				b.Fatalf("%s was handed over again (attempt %d): a cancelled call had taken it", d.Job.ID, d.Attempt)
			}
			seen[d.Job.ID] = true
			w.ack(d)
		}
		if round > 100_000 {
			b.Fatalf("of %d jobs only %d came", many, len(seen))
		}
	}
	wantNil(b.T, "Enqueue", <-fed)
}
