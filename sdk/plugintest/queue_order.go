package plugintest

import (
	"fmt"

	"github.com/jackfield/jackfield/sdk/contract"
)

var queueOrder = []queueCase{
	{name: "jobs of a group come in the order enqueued", needs: contract.CapQueueFIFO, run: func(b *queueBench) {
		var jobs []contract.Job
		for i := range 30 {
			jobs = append(jobs, b.job(fmt.Sprint("g", i%3)))
		}
		b.enqueue(jobs[:10]...)
		for _, j := range jobs[10:] {
			b.enqueue(j)
		}
		next := map[string][]string{}
		for _, j := range jobs {
			next[j.GroupKey] = append(next[j.GroupKey], j.ID)
		}
		w := b.worker(hold)
		for range jobs {
			d := w.take(1)[0]
			group := d.Job.GroupKey
			wantSame(b.T, "next job of "+group, d.Job.ID, next[group][0])
			next[group] = next[group][1:]
			w.ack(d)
		}
	}},
	{name: "a job that is retried keeps its place", needs: contract.CapQueueFIFO, run: func(b *queueBench) {
		jobs := []contract.Job{b.job("g"), b.job("g"), b.job("g")}
		b.enqueue(jobs...)
		w := b.worker(hold)
		w.nack(w.takes(jobs[0], 1), 0)
		b.worker(lease).takes(jobs[0], 2)
		b.pass(lease)
		w.ack(w.takes(jobs[0], 3))
		w.ack(w.takes(jobs[1], 1))
		w.ack(w.takes(jobs[2], 1))
	}},
	{name: "many consumers keep the order of every group", needs: contract.CapQueueFIFO, run: func(b *queueBench) {
		last := map[string]int{}
		b.workThrough(8, 3, 40, func(group string, _, now []string) error {
			var n int
			if _, err := fmt.Sscanf(now[0], "job%d-", &n); err != nil {
				return fmt.Errorf("the id %q is not as it was made: %w", now[0], err)
			}
			if n < last[group] {
				return fmt.Errorf("job %d of group %s came after job %d", n, group, last[group])
			}
			last[group] = n
			return nil
		})
	}},
}
