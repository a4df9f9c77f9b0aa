package plugintest

import (
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

var queueDedupe = []queueCase{
	{name: "a job enqueued again with its id is accepted and stored once", run: func(b *queueBench) {
		job := b.job("g")
		b.enqueue(job)
		b.enqueue(job)
		b.enqueue(job, b.job("other"), job)
		w := b.worker(hold)
		w.ack(w.takeAll(2)...)
		w.idle("both jobs are done")
	}},
	{name: "an id counts for five minutes, even when the job is done", run: func(b *queueBench) {
		job := b.job("g")
		b.enqueue(job)
		w := b.worker(hold)
		w.ack(w.takes(job, 1))
		b.enqueue(job)
		w.idle("the job was done before")
		b.pass(5*time.Minute - time.Second)
		b.enqueue(job)
		w.idle("the job was done before")
	}},
	{name: "64 callers with one id store one job", run: func(b *queueBench) {
		job := b.job("g")
		crowd(64, func(int) {
			if err := b.queue.Enqueue(b.Context(), []contract.Job{job})[0]; err != nil {
				b.Errorf("Enqueue: %v", err)
			}
		})
		w := b.worker(hold)
		w.ack(w.takes(job, 1))
		w.idle("the job is done")
	}},
}
