package plugintest

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

var queueEnqueue = []queueCase{
	{name: "a job is handed over as it was enqueued", run: asEnqueued},
	{name: "a body is any bytes up to 256 KiB", run: anyBody},
	{name: "a job without body is a job", run: func(b *queueBench) {
		job := b.job("g")
		job.Body = nil
		b.enqueue(job)
		wantSame(b.T, "length of the body", len(b.worker(hold).takes(job, 1).Job.Body), 0)
	}},
	{name: "the queue keeps no hold of a job it was given", run: func(b *queueBench) {
		job := b.job("g")
		jobs := []contract.Job{job}
		want := string(job.Body)
		b.enqueue(jobs...)
		clear(job.Body)
		jobs[0] = contract.Job{}
		w := b.worker(hold)
		d := w.take(1)[0]
		wantSame(b.T, "body", string(d.Job.Body), want)
		clear(d.Job.Body)
		w.nack(d, 0)
		wantSame(b.T, "body at the second attempt", string(w.take(1)[0].Job.Body), want)
	}},
	{name: "enqueuing answers for each job by itself", run: enqueueWrong},
	{name: "enqueuing nothing is no error", run: func(b *queueBench) {
		wantSame(b.T, "errors", len(b.queue.Enqueue(b.Context(), nil)), 0)
	}},
	{name: "jobs of one queue do not show in another", run: func(b *queueBench) {
		w := b.worker(hold)
		other := *b
		other.name = unique("suite-")
		job := other.job("g")
		b.enqueue(job)
		w.idle("the job is in another queue")
		other.worker(hold).takes(job, 1)
	}},
	{name: "an enqueue whose context has ended returns, and its answer is true", run: enqueueCancelled},
	{name: "2 000 jobs of 64 callers all arrive, once each", run: enqueueTogether},
	{name: "statistics count the jobs by state", run: countsByState},
}

func asEnqueued(b *queueBench) {
	job := b.job("a group of its own: {é}")
	job.MaxAttempts = 3
	b.enqueue(job)
	d := b.worker(hold).takes(job, 1)
	wantSame(b.T, "queue", d.Job.Queue, job.Queue)
	wantSame(b.T, "group", d.Job.GroupKey, job.GroupKey)
	wantSame(b.T, "body", string(d.Job.Body), string(job.Body))
	wantSame(b.T, "attempts allowed", d.Job.MaxAttempts, 3)
	if d.EnqueuedAt.IsZero() {
		b.Error("EnqueuedAt is not set")
	}
	if d.Receipt == "" {
		b.Error("the delivery has no receipt")
	}
}

func anyBody(b *queueBench) {
	w := b.worker(hold)
	for i, body := range [][]byte{{0}, {0xff, 0xfe, 0}, []byte(`{"a":"\u0000"}`), noise(7, 64<<10), noise(8, 256<<10)} {
		job := b.job("g")
		job.Body = body
		b.enqueue(job)
		d := w.takes(job, 1)
		if !bytes.Equal(d.Job.Body, body) {
			b.Fatalf("body %d: %d bytes came back of %d, or others", i, len(d.Job.Body), len(body))
		}
		w.ack(d)
	}
}

func enqueueWrong(b *queueBench) {
	good := b.jobs(2)
	wrong := map[string]func(*contract.Job){
		"no group":                 func(j *contract.Job) { j.GroupKey = "" },
		"a group over 256 bytes":   func(j *contract.Job) { j.GroupKey = strings.Repeat("g", 257) },
		"a body over 256 KiB":      func(j *contract.Job) { j.Body = make([]byte, 256<<10+1) },
		"no id":                    func(j *contract.Job) { j.ID = "" },
		"no queue":                 func(j *contract.Job) { j.Queue = "" },
		"a queue with odd letters": func(j *contract.Job) { j.Queue = "a queue:{1}" },
	}
	for what, spoil := range wrong {
		bad := b.job("g")
		spoil(&bad)
		errs := b.queue.Enqueue(b.Context(), []contract.Job{good[0], bad, good[1]})
		wantSame(b.T, "errors", len(errs), 3)
		wantNil(b.T, "Enqueue of the good ones", errors.Join(errs[0], errs[2]))
		wantErr(b.T, "Enqueue of a job with "+what, errs[1], contract.ErrInvalid)
	}
	w := b.worker(hold)
	got := ids(w.takeAll(2))
	slices.Sort(got)
	want := []string{good[0].ID, good[1].ID}
	slices.Sort(want)
	wantSame(b.T, "jobs", fmt.Sprint(got), fmt.Sprint(want))
	w.idle("only the good jobs were stored")
}

func enqueueCancelled(b *queueBench) {
	job := b.job("g")
	var errs []error
	_ = promptly(b.T, "Enqueue", func() error { errs = b.queue.Enqueue(over(b.T), []contract.Job{job}); return nil })
	wantSame(b.T, "errors", len(errs), 1)
	wantKnown(b.T, "Enqueue", errs[0])
	b.enqueue(job) // the retry repeats the id: one job, whatever the first try did
	w := b.worker(hold)
	w.ack(w.takes(job, 1))
	w.idle("the job is done")
}

func enqueueTogether(b *queueBench) {
	const callers, each = 64, 32
	batches := make([][]contract.Job, callers)
	for i := range batches {
		for range each {
			batches[i] = append(batches[i], b.job(fmt.Sprint("g", len(batches[i]), "-", i)))
		}
	}
	crowd(callers, func(i int) {
		for _, half := range [][]contract.Job{batches[i][:5], batches[i][5:]} {
			if err := errors.Join(b.queue.Enqueue(b.Context(), half)...); err != nil {
				b.Errorf("Enqueue: %v", err)
			}
		}
	})
	w := b.worker(hold)
	seen := map[string]bool{}
	for len(seen) < callers*each {
		for _, d := range w.take(64) {
			if seen[d.Job.ID] {
				b.Fatalf("%s was handed over twice", d.Job.ID)
			}
			seen[d.Job.ID] = true
			w.ack(d)
		}
	}
	w.idle("all jobs are done")
}

func countsByState(b *queueBench) {
	delayed := b.job("delayed")
	delayed.Delay = long
	b.enqueue(append(b.jobs(5), delayed)...)
	w := b.worker(hold)
	ds := w.takeAll(2)
	wantNil(b.T, "Reject", w.Reject(b.Context(), ds[0], "no"))
	st, err := b.queue.Stats(b.Context(), b.name)
	wantNil(b.T, "Stats", err)
	classes := []contract.Durability{contract.InMemory, contract.Shared, contract.Replicated, contract.OnDisk}
	if d := st.Durability; !slices.Contains(classes, d) {
		b.Errorf("durability %q is no class of the contract: %q", d, classes)
	}
	if b.cfg.Approximate {
		b.Log("left out: the numbers are estimates")
		return
	}
	wantSame(b.T, "delayed", st.Delayed, 1)
	wantSame(b.T, "out", st.Out, 1)
	wantSame(b.T, "waiting", st.Waiting, 3)
	if b.has(contract.CapQueueDead) {
		wantSame(b.T, "dead", st.Dead, 1)
	}
	b.pass(30 * time.Second)
	if st, err = b.queue.Stats(b.Context(), b.name); b.simulated() {
		wantNil(b.T, "Stats", err)
		wantSame(b.T, "age of the oldest", st.OldestAge, 30*time.Second)
	}
}
