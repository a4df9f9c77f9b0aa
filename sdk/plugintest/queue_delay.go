package plugintest

import (
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

var queueDelay = []queueCase{
	{name: "a delayed job does not come before its time", run: func(b *queueBench) {
		later, now := b.job("later"), b.job("now")
		later.Delay = long
		b.enqueue(later, now)
		w := b.worker(hold)
		w.ack(w.takes(now, 1))
		w.idle("the job is delayed")
		b.pass(long - time.Second)
		w.idle("the job is delayed for a second more")
	}},
	{name: "a delayed job comes when its time has come", run: func(b *queueBench) {
		job := b.job("g")
		job.Delay = 2 * time.Second
		b.enqueue(job)
		w := b.worker(hold)
		w.idle("the job is delayed")
		b.pass(2 * time.Second)
		w.ack(w.takes(job, 1))
	}},
	{name: "delays are exact", needs: contract.CapQueueDelay, run: func(b *queueBench) {
		for _, delay := range []time.Duration{300 * time.Millisecond, 1234 * time.Millisecond} {
			job := b.job("g")
			job.Delay = delay
			b.enqueue(job)
			w := b.worker(hold)
			d := b.comesAfter(w, job, 1, delay)
			w.nack(d, delay)
			w.ack(b.comesAfter(w, job, 2, delay))
		}
	}},
	{name: "of two delayed jobs the one whose time comes first is first", run: func(b *queueBench) {
		slow, fast := b.job("slow"), b.job("fast")
		slow.Delay, fast.Delay = 3*time.Second, time.Second
		b.enqueue(slow, fast)
		w := b.worker(hold)
		b.pass(time.Second)
		w.ack(w.takes(fast, 1))
		b.pass(2 * time.Second)
		w.ack(w.takes(slow, 1))
	}},
}
