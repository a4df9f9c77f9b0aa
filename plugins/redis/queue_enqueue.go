package main

import (
	"context"
	"fmt"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/jobrules"
)

var enqueueScript = mustScript("queue", "queue_enqueue")

// enqueueBytes bounds what one script gets at a time.
const enqueueBytes = 1 << 20

// What queue_enqueue.lua says of a job.
const (
	jobKnown    = 0
	jobStored   = 1
	queueIsFull = -1
	groupIsFull = -2
	bytesAreOut = -3
)

// Enqueue stores jobs. One that finds the queue full is refused with
// ErrOverloaded and a hint; the others are stored all the same.
func (q *queue) Enqueue(ctx context.Context, jobs []contract.Job) []error {
	errs := make([]error, len(jobs))
	var names []string
	byQueue := make(map[string][]int)
	for i, j := range jobs {
		if errs[i] = jobrules.Check(j); errs[i] != nil {
			continue
		}
		if byQueue[j.Queue] == nil {
			names = append(names, j.Queue)
		}
		byQueue[j.Queue] = append(byQueue[j.Queue], i)
	}
	for _, name := range names {
		for indices := byQueue[name]; len(indices) > 0; {
			n := q.portion(jobs, indices)
			q.enqueueSome(ctx, name, jobs, indices[:n], errs)
			indices = indices[n:]
		}
	}
	return errs
}

// portion is how many jobs go into one script.
func (q *queue) portion(jobs []contract.Job, indices []int) int {
	size, most := 0, min(len(indices), int(q.options.Reliability.MaxBatchSize))
	for n, i := range indices[:most] {
		if size += len(jobs[i].Body); size > enqueueBytes && n > 0 {
			return n
		}
	}
	return most
}

func (q *queue) enqueueSome(ctx context.Context, name string, jobs []contract.Job, indices []int, errs []error) {
	q.use(name)
	args := q.enqueueWords(name)
	for _, i := range indices {
		args = append(args, jobWords(jobs[i])...)
	}
	ctx, cancel := context.WithTimeout(ctx, millis(q.options.TimeoutMS))
	defer cancel()
	reply, err := q.runReplicated(ctx, enqueueScript, q.keys(name), args)
	results := numbers(reply)
	if err == nil && len(results) != len(indices) {
		err = fmt.Errorf("%w: the script answered %d values for %d jobs", contract.ErrInternal, len(results), len(indices))
	}
	for k, i := range indices {
		if errs[i] = err; err == nil {
			errs[i] = q.outcome(results[k])
		}
	}
}

// enqueueWords are the arguments of queue_enqueue.lua that stand before those of the jobs.
func (q *queue) enqueueWords(name string) []any {
	o := q.options
	return append(q.common(name), o.Reliability.DeduplicationTTLMS, o.Capacity, o.GroupCapacity, o.MaxBytes)
}

func jobWords(j contract.Job) []any {
	return []any{j.ID, j.GroupKey, j.MaxAttempts, roundUp(j.Delay), j.Body}
}

func (q *queue) outcome(result int64) error {
	switch result {
	case jobStored:
		q.counts.enqueued.Add(1)
		return nil
	case jobKnown:
		q.counts.known.Add(1)
		return nil
	}
	q.counts.refused.Add(1)
	switch result {
	case queueIsFull:
		return overloaded("the queue holds %d jobs, the most that capacity allows", q.options.Capacity)
	case groupIsFull:
		return overloaded("%d jobs of its group are in the queue, the most that group_capacity allows", q.options.GroupCapacity)
	case bytesAreOut:
		return overloaded("the queue would hold more than %d bytes, the most that max_bytes allows", q.options.MaxBytes)
	}
	return fmt.Errorf("%w: the script answered %d", contract.ErrInternal, result)
}

func overloaded(format string, args ...any) error {
	err := fmt.Errorf("%w: %s", contract.ErrOverloaded, fmt.Sprintf(format, args...))
	return &contract.RetryError{Err: err, After: time.Second}
}
