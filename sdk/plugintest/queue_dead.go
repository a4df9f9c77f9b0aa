package plugintest

import (
	"fmt"
	"slices"

	"github.com/jackfield/jackfield/sdk/contract"
)

var queueDead = []queueCase{
	{name: "a job whose attempts are used up does not come again", run: func(b *queueBench) {
		job := b.job("g")
		job.MaxAttempts = 2
		b.enqueue(job)
		w := b.worker(lease)
		w.nack(w.takes(job, 1), 0)
		w.nack(w.takes(job, 2), 0)
		b.pass(10 * lease)
		w.idle("the attempts are used up")
	}},
	{name: "a rejected job does not come again", run: func(b *queueBench) {
		job := b.job("g")
		b.enqueue(job)
		w := b.worker(lease)
		wantNil(b.T, "Reject", w.Reject(b.Context(), w.takes(job, 1), "no"))
		b.pass(10 * lease)
		w.idle("the job was rejected")
	}},
	{name: "dead letters tell job, attempts and reason", needs: contract.CapQueueDead, run: tellDead},
	{name: "a job whose last lease is lost becomes a dead letter", needs: contract.CapQueueDead, run: func(b *queueBench) {
		job := b.job("g")
		job.MaxAttempts = 1
		b.enqueue(job)
		w := b.worker(lease)
		w.takes(job, 1)
		b.after(lease, "a dead letter", func() bool { return len(b.listDead(10)) == 1 })
		w.idle("the attempts are used up")
	}},
	{name: "dead letters are listed by pages, oldest first", needs: contract.CapQueueDead, run: func(b *queueBench) {
		jobs := b.kill(7)
		for _, limit := range []int{1, 3, 7, 100} {
			var got []string
			for _, d := range b.listDead(limit) {
				got = append(got, d.Job.ID)
			}
			wantSame(b.T, fmt.Sprint("dead letters by pages of ", limit), fmt.Sprint(got), fmt.Sprint(jobs))
		}
	}},
	{name: "chosen dead letters are replayed as new jobs with the same ids", needs: contract.CapQueueDead, run: func(b *queueBench) {
		dead := b.kill(3)
		b.replays([]string{dead[1], "unknown"}, 1)
		w := b.worker(hold)
		d := w.take(1)[0]
		wantSame(b.T, "job", d.Job.ID, dead[1])
		wantSame(b.T, "attempt", d.Attempt, 1)
		wantSame(b.T, "body", string(d.Job.Body), "body of "+dead[1])
		w.ack(d)
		w.idle("the others were not replayed")
		wantSame(b.T, "dead letters left", len(b.listDead(10)), 2)
	}},
	{name: "all dead letters are replayed when none are chosen", needs: contract.CapQueueDead, run: func(b *queueBench) {
		dead := b.kill(3)
		b.replays(nil, 3)
		w := b.worker(hold)
		var seen []string
		for range dead {
			d := w.take(1)[0]
			seen = append(seen, d.Job.ID)
			w.ack(d)
		}
		slices.Sort(dead)
		slices.Sort(seen)
		wantSame(b.T, "jobs", fmt.Sprint(seen), fmt.Sprint(dead))
		wantSame(b.T, "dead letters left", len(b.listDead(10)), 0)
		b.replays(nil, 0)
	}},
	{name: "chosen dead letters are purged, or all", needs: contract.CapQueueDead, run: func(b *queueBench) {
		dead := b.kill(3)
		b.purges([]string{dead[0], "unknown"}, 1)
		left := b.listDead(10)
		wantSame(b.T, "dead letters left", len(left), 2)
		wantSame(b.T, "the oldest", left[0].Job.ID, dead[1])
		b.purges(nil, 2)
		wantSame(b.T, "dead letters left", len(b.listDead(10)), 0)
		b.replays(nil, 0)
		b.worker(hold).idle("the dead letters were purged")
	}},
	{name: "without dead letters, the calls are refused", lacks: contract.CapQueueDead, run: func(b *queueBench) {
		q, ok := refused[contract.DeadLetters](&b.bench, b.queue, contract.CapQueueDead)
		if !ok {
			return
		}
		_, _, err := q.ListDead(b.Context(), b.name, "", 10)
		wantErr(b.T, "ListDead", err, contract.ErrUnsupported)
		_, err = q.ReplayDead(b.Context(), b.name, nil)
		wantErr(b.T, "ReplayDead", err, contract.ErrUnsupported)
		_, err = q.PurgeDead(b.Context(), b.name, nil)
		wantErr(b.T, "PurgeDead", err, contract.ErrUnsupported)
	}},
}

func (b *queueBench) dead() contract.DeadLetters {
	b.Helper()
	return ability[contract.DeadLetters](&b.bench, b.queue, contract.CapQueueDead)
}

// kill makes n dead letters and returns their ids, oldest first.
func (b *queueBench) kill(n int) []string {
	b.Helper()
	w := b.worker(hold)
	defer func() { _ = w.Close() }()
	var dead []string
	for range n {
		job := b.job("g")
		b.enqueue(job)
		wantNil(b.T, "Reject", w.Reject(b.Context(), w.takes(job, 1), "no"))
		dead = append(dead, job.ID)
		b.pass(lease)
	}
	return dead
}

// listDead reads all pages.
func (b *queueBench) listDead(limit int) []contract.DeadLetter {
	b.Helper()
	var all []contract.DeadLetter
	token := ""
	for range 1000 {
		page, next, err := b.dead().ListDead(b.Context(), b.name, token, limit)
		wantNil(b.T, "ListDead", err)
		if len(page) > limit {
			b.Fatalf("ListDead with limit %d returned %d", limit, len(page))
		}
		all = append(all, page...)
		if next == "" {
			return all
		}
		token = next
	}
	b.Fatal("ListDead does not end")
	return nil
}

func (b *queueBench) replays(ids []string, want int64) {
	b.Helper()
	n, err := b.dead().ReplayDead(b.Context(), b.name, ids)
	wantNil(b.T, "ReplayDead", err)
	wantSame(b.T, "replayed", n, want)
}

func (b *queueBench) purges(ids []string, want int64) {
	b.Helper()
	n, err := b.dead().PurgeDead(b.Context(), b.name, ids)
	wantNil(b.T, "PurgeDead", err)
	wantSame(b.T, "purged", n, want)
}

func tellDead(b *queueBench) {
	tired, rejected := b.job("tired"), b.job("rejected")
	tired.MaxAttempts = 2
	b.enqueue(tired)
	w := b.worker(hold)
	w.nack(w.takes(tired, 1), 0)
	w.nack(w.takes(tired, 2), 0)
	b.enqueue(rejected)
	wantNil(b.T, "Reject", w.Reject(b.Context(), w.takes(rejected, 1), "410 gone"))
	dead := b.listDead(10)
	wantSame(b.T, "dead letters", len(dead), 2)
	want := map[string]contract.DeadLetter{
		tired.ID:    {Job: tired, Attempts: 2, Reason: "the receiver said 500"},
		rejected.ID: {Job: rejected, Attempts: 1, Reason: "410 gone"},
	}
	for _, d := range dead {
		wantSame(b.T, "reason of "+d.Job.ID, d.Reason, want[d.Job.ID].Reason)
		wantSame(b.T, "attempts of "+d.Job.ID, d.Attempts, want[d.Job.ID].Attempts)
		wantSame(b.T, "group of "+d.Job.ID, d.Job.GroupKey, want[d.Job.ID].Job.GroupKey)
		wantSame(b.T, "body of "+d.Job.ID, string(d.Job.Body), string(want[d.Job.ID].Job.Body))
		if d.DiedAt.IsZero() {
			b.Errorf("DiedAt of %s is not set", d.Job.ID)
		}
	}
}
