package main

import (
	"fmt"
	"regexp"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jackfield/jackfield/sdk/contract"
)

const recordedQueue = "webhooks"

// at opens a queue at a time of the recorded ones.
func queueAt(t *testing.T, ms int64) *queue {
	t.Helper()
	return newQueue(t, toStandalone(standalone()), func(o *queueOptions) { o.Reliability.LeaseDurationMS = 30_000 }).at(ms)
}

func (q *queue) at(ms int64) *queue {
	q.clock = strconv.FormatInt(ms, 10)
	return q
}

func consumerOf(t *testing.T, q *queue) contract.Consumer {
	t.Helper()
	c, err := q.Consume(t.Context(), contract.ConsumeOptions{Queue: recordedQueue, Consumer: "c"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// received takes one job.
func received(t *testing.T, c contract.Consumer) contract.Delivery {
	t.Helper()
	all, err := c.Receive(t.Context(), 1)
	if err != nil || len(all) != 1 {
		t.Fatalf("received %d jobs: %v", len(all), err)
	}
	return all[0]
}

func recordedJob(id, group string, delay time.Duration) contract.Job {
	return contract.Job{Queue: recordedQueue, ID: id, GroupKey: group, Body: []byte(`{"ü":"` + id + `"}`), MaxAttempts: 1 << 30, Delay: delay}
}

// Programs of all releases keep the same in a queue, and go on with what another
// has left there: jobs that wait, alone or behind others, for a time or in
// somebody's hands, and dead letters.
func TestTheRecordedQueue(t *testing.T) {
	first := queueAt(t, recordedEpoch)
	for i, err := range first.Enqueue(t.Context(), []contract.Job{
		recordedJob("held", "a", 0), recordedJob("behind", "a", 0), recordedJob("dead", "b:1", 0),
		recordedJob("again", "c", 0), recordedJob("later", "d", time.Minute),
	}) {
		if err != nil {
			t.Fatalf("job %d: %v", i, err)
		}
	}
	c := consumerOf(t, first)
	received(t, c)
	if err := c.Reject(t.Context(), received(t, c), "not wanted"); err != nil {
		t.Fatal(err)
	}
	if err := c.Nack(t.Context(), received(t, c), "not now", 10*time.Second); err != nil {
		t.Fatal(err)
	}
	wrote := keptUnder(t, first.client, first.options.Prefix)
	mark := regexp.MustCompile(`-1-[A-Z0-9]{26}`)
	for _, values := range wrote {
		for i := range values {
			values[i] = mark.ReplaceAllString(values[i], "-1-MARK")
		}
	}
	had := recorded(t, "queue.json", wrote)

	q := queueAt(t, recordedEpoch)
	had.put(t, q.client, q.options.Prefix)
	stats, err := q.Stats(t.Context(), recordedQueue)
	want := contract.QueueStats{Waiting: 1, Delayed: 2, Out: 1, Dead: 1}
	stats.Durability = want.Durability
	if diff := cmp.Diff(want, stats); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	readDead(t, q)
	readJobs(t, q)
}

func readDead(t *testing.T, q *queue) {
	t.Helper()
	letters, _, err := q.ListDead(t.Context(), recordedQueue, "", 10)
	want := []contract.DeadLetter{{Job: recordedJob("dead", "b:1", 0), Attempts: 1, Reason: "not wanted", DiedAt: time.UnixMilli(recordedEpoch)}}
	if diff := cmp.Diff(want, letters); err != nil || diff != "" {
		t.Errorf("dead letters: %v (-want +got):\n%s", err, diff)
	}
}

// readJobs does all that is left, two minutes later.
func readJobs(t *testing.T, q *queue) {
	t.Helper()
	if errs := q.Enqueue(t.Context(), []contract.Job{recordedJob("behind", "a", 0)}); errs[0] != nil {
		t.Error(errs)
	}
	c := consumerOf(t, q.at(recordedEpoch+120_000))
	var got []string
	for range 4 {
		d := received(t, c)
		got = append(got, fmt.Sprintf("%s of %s, attempt %d, of %d", d.Job.ID, d.Job.GroupKey, d.Attempt, d.EnqueuedAt.UnixMilli()-recordedEpoch))
		if diff := cmp.Diff(recordedJob(d.Job.ID, d.Job.GroupKey, 0), d.Job); diff != "" {
			t.Error(diff)
		}
		if err := c.Ack(t.Context(), d); err != nil {
			t.Error(err)
		}
	}
	want := []string{"again of c, attempt 2, of 0", "later of d, attempt 1, of 0", "held of a, attempt 2, of 0", "behind of a, attempt 1, of 0"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("jobs (-want +got):\n%s", diff)
	}
	stats, err := q.Stats(t.Context(), recordedQueue)
	if err != nil || stats.Waiting+stats.Delayed+stats.Out != 0 {
		t.Errorf("afterwards: %+v, %v", stats, err)
	}
}

// Entries of the cache and of limits.
func TestRecordedEntries(t *testing.T) {
	c, l := newCache(t, toStandalone(standalone())), newLimiter(t, toStandalone(standalone()))
	if _, err := c.Set(t.Context(), "app:1", []byte("v\xff"), contract.SetOptions{TTL: time.Hour}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Increment(t.Context(), "n", 5, time.Hour, ""); err != nil {
		t.Fatal(err)
	}
	var now atomic.Int64
	now.Store(recordedEpoch * 1000)
	req := contract.TakeRequest{Key: "api:1.2.3.4", Cost: 7, Limit: 100, Window: time.Minute}
	if _, err := stopped(l, &now).Take(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	had := recorded(t, "entries.json", kept{
		"cache app:1":       keptUnder(t, c.client, c.prefix)["app:1"],
		"cache n":           keptUnder(t, c.client, c.prefix)["n"],
		"limit api:1.2.3.4": keptUnder(t, l.client, l.prefix)["api:1.2.3.4"],
	})

	c, l = newCache(t, toStandalone(standalone())), stopped(newLimiter(t, toStandalone(standalone())), &now)
	kept{"app:1": had["cache app:1"], "n": had["cache n"]}.put(t, c.client, c.prefix)
	kept{"api:1.2.3.4": had["limit api:1.2.3.4"]}.put(t, l.client, l.prefix)
	if v, err := c.Get(t.Context(), "app:1"); err != nil || string(v) != "v\xff" {
		t.Errorf("an entry is read as %q, %v", v, err)
	}
	if n, err := c.Increment(t.Context(), "n", 1, time.Hour, ""); err != nil || n != 6 {
		t.Errorf("a counter goes on with %d, %v", n, err)
	}
	if r, err := l.Take(t.Context(), req); err != nil || r.Remaining != 86 {
		t.Errorf("a limit goes on with %+v, %v", r, err)
	}
}
