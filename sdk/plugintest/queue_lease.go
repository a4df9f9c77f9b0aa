package plugintest

import (
	"github.com/jackfield/jackfield/sdk/contract"
)

var queueLease = []queueCase{
	{name: "a job that nobody settles comes again when its lease ends", run: func(b *queueBench) {
		job := b.job("g")
		b.enqueue(job)
		w := b.worker(lease)
		first := w.takes(job, 1)
		second := b.comesAfter(w, job, 2, lease)
		if first.Receipt == second.Receipt {
			b.Errorf("both hand-overs have the receipt %q", first.Receipt)
		}
		w.ack(second)
		b.pass(5 * lease)
		w.idle("the job is done")
	}},
	{name: "a lost job cannot be done, and its new holder is not disturbed", run: lostLease},
	{name: "an extended job stays with its worker", run: func(b *queueBench) {
		job := b.job("g")
		b.enqueue(job)
		w := b.worker(3 * lease)
		d := w.takes(job, 1)
		for range 3 {
			b.pass(2 * lease) // which leaves a slow server one lease to answer in
			wantNil(b.T, "Extend", w.Extend(b.Context(), d, 3*lease))
		}
		w.idle("the job was extended")
		w.ack(d)
	}},
	{name: "an extension counts from now", run: func(b *queueBench) {
		job := b.job("g")
		b.enqueue(job)
		w := b.worker(hold)
		d := w.takes(job, 1)
		wantNil(b.T, "Extend", w.Extend(b.Context(), d, lease))
		b.comesAfter(w, job, 2, lease)
	}},
	{name: "a lost job cannot be extended", run: func(b *queueBench) {
		job := b.job("g")
		b.enqueue(job)
		first, second := b.worker(lease), b.worker(hold)
		d := first.takes(job, 1)
		b.pass(lease)
		held := second.takes(job, 2)
		wantErr(b.T, "Extend", first.Extend(b.Context(), d, hold), contract.ErrNotFound)
		second.ack(held)
	}},
	{name: "closing a consumer gives its jobs to others when their lease ends", run: func(b *queueBench) {
		job := b.job("g")
		b.enqueue(job)
		first, second := b.worker(lease), b.worker(lease)
		first.takes(job, 1)
		wantNil(b.T, "Close", first.Close())
		second.idle("the lease has not ended")
		b.pass(lease)
		second.ack(second.takes(job, 2))
	}},
	{name: "a job out alone does not hold up others", run: func(b *queueBench) {
		jobs := b.jobs(3)
		b.enqueue(jobs[0])
		w := b.worker(hold)
		w.takes(jobs[0], 1)
		b.enqueue(jobs[1:]...)
		w.takeAll(2)
	}},
}

func lostLease(b *queueBench) {
	job := b.job("g")
	b.enqueue(job)
	first, second := b.worker(lease), b.worker(hold)
	lost := first.takes(job, 1)
	b.pass(lease)
	held := second.takes(job, 2)
	wantErr(b.T, "Ack of a lost job", first.Ack(b.Context(), lost), contract.ErrNotFound)
	wantKnown(b.T, "Nack of a lost job", first.Nack(b.Context(), lost, "late", 0))
	wantKnown(b.T, "Reject of a lost job", first.Reject(b.Context(), lost, "late"))
	first.idle("the job is in the hands of the second consumer")
	second.ack(held)
	first.idle("the job is done")
}
