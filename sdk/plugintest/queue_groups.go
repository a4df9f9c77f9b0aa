package plugintest

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

var queueGroups = []queueCase{
	{name: "one job of a group is out at a time, over all consumers", needs: contract.CapQueueGroup, run: func(b *queueBench) {
		b.enqueue(b.job("g"), b.job("g"), b.job("g"))
		first, second := b.worker(hold), b.worker(hold)
		wantSame(b.T, "jobs of one call", len(first.take(10)), 1)
		first.idle("a job of the group is out")
		second.idle("a job of the group is out")
	}},
	{name: "other groups go on while a job of one is out", needs: contract.CapQueueGroup, run: func(b *queueBench) {
		b.enqueue(b.job("g"), b.job("g"))
		w := b.worker(hold)
		w.take(10)
		b.enqueue(b.job("h"), b.job("i"))
		w.takeAll(2)
		w.idle("a job of each group is out")
	}},
	{name: "settling a job lets the next of its group come", needs: contract.CapQueueGroup, run: settlingFrees},
	{name: "a job that waits for its retry holds up its own group only", needs: contract.CapQueueGroup, run: func(b *queueBench) {
		head, next, other := b.job("g"), b.job("g"), b.job("h")
		b.enqueue(head)
		w := b.worker(hold)
		d := w.takes(head, 1)
		b.enqueue(next, other)
		w.nack(d, 2*time.Second)
		w.ack(w.takes(other, 1))
		w.idle("the group waits for the retry of its head")
		w.ack(b.comesAfter(w, head, 2, 2*time.Second))
		w.ack(w.takes(next, 1))
	}},
	{name: "a lost lease lets the group go on", needs: contract.CapQueueGroup, run: func(b *queueBench) {
		head, next := b.job("g"), b.job("g")
		head.MaxAttempts = 1
		b.enqueue(head)
		w := b.worker(lease)
		w.takes(head, 1)
		b.enqueue(next)
		w.idle("a job of the group is out")
		b.pass(lease)
		w.ack(w.takes(next, 1))
	}},
	{name: "eight consumers never hold two jobs of one group", needs: contract.CapQueueGroup, run: func(b *queueBench) {
		b.workThrough(8, 3, 40, func(group string, before, now []string) error {
			if len(before) > 0 {
				return fmt.Errorf("%v of group %s was handed over while %v was out", now, group, before)
			}
			return nil
		})
	}},
}

func settlingFrees(b *queueBench) {
	w := b.worker(hold)
	for what, settle := range map[string]func(d contract.Delivery) error{
		"Ack":    func(d contract.Delivery) error { return w.Ack(b.Context(), d) },
		"Reject": func(d contract.Delivery) error { return w.Reject(b.Context(), d, "no") },
		"Nack of the last attempt": func(d contract.Delivery) error {
			return w.Nack(b.Context(), d, "no", 0)
		},
	} {
		head, next := b.job("g"), b.job("g")
		head.MaxAttempts = 1
		b.enqueue(head)
		d := w.takes(head, 1)
		b.enqueue(next)
		w.idle("a job of the group is out")
		wantNil(b.T, what, settle(d))
		w.ack(w.takes(next, 1))
	}
}

// workThrough lets consumers do each*groups jobs and calls check at each
// hand-over with what of its group was out before.
func (b *queueBench) workThrough(consumers, groups, each int, check func(group string, before, now []string) error) {
	for range each {
		batch := make([]contract.Job, groups)
		for g := range batch {
			batch[g] = b.job(fmt.Sprint("g", g))
		}
		b.enqueue(batch...)
	}
	var (
		mu   sync.Mutex
		out  = map[string][]string{}
		left = groups * each
	)
	workers := make([]*worker, consumers)
	for i := range workers {
		workers[i] = b.worker(hold)
	}
	take := func(d contract.Delivery) {
		mu.Lock()
		defer mu.Unlock()
		if err := check(d.Job.GroupKey, out[d.Job.GroupKey], []string{d.Job.ID}); err != nil {
			b.Error(err)
		}
		out[d.Job.GroupKey] = append(out[d.Job.GroupKey], d.Job.ID)
	}
	give := func(d contract.Delivery) {
		mu.Lock()
		defer mu.Unlock()
		left--
		out[d.Job.GroupKey] = slices.DeleteFunc(out[d.Job.GroupKey], func(id string) bool { return id == d.Job.ID })
	}
	finished := func() bool { mu.Lock(); defer mu.Unlock(); return left <= 0 }
	crowd(consumers, func(i int) {
		for !finished() && !b.Failed() {
			workers[i].work(4, take, give)
		}
	})
	wantSame(b.T, "jobs left", left, 0)
}

// work takes what is there within a moment and does it; take is called at each
// hand-over and give before each Ack.
func (w *worker) work(max int, take, give func(contract.Delivery)) {
	ctx, cancel := w.moment()
	defer cancel()
	ds, _ := w.Receive(ctx, max)
	for _, d := range ds {
		take(d)
	}
	for _, d := range ds {
		give(d)
		if err := w.Ack(w.b.Context(), d); err != nil {
			w.b.Errorf("Ack of %s: %v", d.Job.ID, err)
		}
	}
}
