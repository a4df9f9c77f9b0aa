package plugintest

import (
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

var queueSettle = []queueCase{
	{name: "a job that is done does not come again", run: func(b *queueBench) {
		job := b.job("g")
		b.enqueue(job)
		w := b.worker(lease)
		w.ack(w.takes(job, 1))
		b.pass(10 * lease)
		w.idle("the job is done")
	}},
	{name: "a job can be done once", run: func(b *queueBench) {
		job := b.job("g")
		b.enqueue(job)
		w := b.worker(hold)
		d := w.takes(job, 1)
		w.ack(d)
		wantErr(b.T, "second Ack", w.Ack(b.Context(), d), contract.ErrNotFound)
		wantErr(b.T, "Extend after Ack", w.Extend(b.Context(), d, hold), contract.ErrNotFound)
	}},
	{name: "a job that is given back comes again with the next attempt", run: func(b *queueBench) {
		job := b.job("g")
		job.MaxAttempts = 5
		b.enqueue(job)
		w := b.worker(hold)
		receipts := map[string]bool{}
		for attempt := range uint32(4) {
			d := w.takes(job, attempt+1)
			receipts[d.Receipt] = true
			w.nack(d, 0)
		}
		w.ack(w.takes(job, 5))
		wantSame(b.T, "different receipts", len(receipts), 4)
		w.idle("the job is done")
	}},
	{name: "a job that is given back may go to another consumer", run: func(b *queueBench) {
		job := b.job("g")
		b.enqueue(job)
		first, second := b.worker(hold), b.worker(hold)
		first.nack(first.takes(job, 1), 0)
		second.ack(second.takes(job, 2))
	}},
	{name: "a job that was given back is no longer in hand", run: func(b *queueBench) {
		job := b.job("g")
		b.enqueue(job)
		w := b.worker(hold)
		d := w.takes(job, 1)
		w.nack(d, long)
		wantErr(b.T, "Ack after Nack", w.Ack(b.Context(), d), contract.ErrNotFound)
		wantErr(b.T, "Extend after Nack", w.Extend(b.Context(), d, hold), contract.ErrNotFound)
	}},
	{name: "a job given back for a time does not come before", run: func(b *queueBench) {
		job := b.job("g")
		b.enqueue(job)
		w := b.worker(hold)
		w.nack(w.takes(job, 1), 2*time.Second)
		w.idle("the job waits for its retry")
		b.comesAfter(w, job, 2, 2*time.Second)
	}},
	{name: "a job given back without a time comes after the driver's back-off", run: func(b *queueBench) {
		job := b.job("g")
		b.enqueue(job)
		w := b.worker(hold)
		w.nack(w.takes(job, 1), -1)
		b.pass(b.cfg.BackOff)
		w.ack(w.takes(job, 2))
	}},
	{name: "calls to settle whose context has ended return", run: func(b *queueBench) {
		job := b.job("g")
		b.enqueue(job)
		w := b.worker(lease)
		d := w.takes(job, 1)
		for what, settle := range map[string]func() error{
			"Extend": func() error { return w.Extend(over(b.T), d, lease) },
			"Nack":   func() error { return w.Nack(over(b.T), d, "", 0) },
			"Ack":    func() error { return w.Ack(over(b.T), d) },
		} {
			wantKnown(b.T, what, promptly(b.T, what, settle))
		}
		next := b.job("g2")
		b.enqueue(next)
		b.pass(2 * lease)
		for _, d := range w.take(2) {
			w.ack(d)
		}
	}},
}

// comesAfter expects a waiting job after d, and in simulated time not before.
func (b *queueBench) comesAfter(w *worker, job contract.Job, attempt uint32, d time.Duration) contract.Delivery {
	b.Helper()
	const margin = 50 * time.Millisecond
	if b.simulated() {
		b.pass(d - margin)
		w.idle(job.ID + " has to wait " + margin.String() + " more")
		b.pass(margin)
	}
	return w.takes(job, attempt)
}
