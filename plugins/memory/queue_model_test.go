package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/jackfield/jackfield/sdk"
	"github.com/jackfield/jackfield/sdk/contract"
)

// queueModel is a queue as one would draw it: a list of jobs in the order
// enqueued, and a list of the dead.
type queueModel struct {
	now    time.Time
	jobs   []*modelJob
	dead   []modelDead
	recent map[string]time.Time // id: end of its window
}

type modelJob struct {
	id, group string
	max       uint32
	attempts  uint32
	due       time.Time
	out       bool
	until     time.Time // end of the lease
	delivery  contract.Delivery
}

type modelDead struct {
	*modelJob
	reason string
}

const modelAttempts = 3

// pass lets time go by and leases end, in the order in which they end.
func (m *queueModel) pass(d time.Duration) {
	m.now = m.now.Add(d)
	lost := slices.DeleteFunc(slices.Clone(m.jobs), func(j *modelJob) bool { return !j.out || j.until.After(m.now) })
	slices.SortStableFunc(lost, func(a, b *modelJob) int { return a.until.Compare(b.until) })
	for _, j := range lost {
		m.again(j, "the last lease ended without an outcome", j.until)
	}
}

func (m *queueModel) again(j *modelJob, reason string, due time.Time) {
	j.out, j.due = false, due
	if j.attempts >= j.max {
		m.die(j, reason)
	}
}

func (m *queueModel) die(j *modelJob, reason string) {
	m.remove(j)
	m.dead = append(m.dead, modelDead{j, reason})
}

func (m *queueModel) remove(j *modelJob) {
	m.jobs = slices.DeleteFunc(m.jobs, func(other *modelJob) bool { return other == j })
}

// able returns, by group, the jobs that can be handed over: the first of each
// group, if it is due and not out.
func (m *queueModel) able() map[string]*modelJob {
	able, seen := map[string]*modelJob{}, map[string]bool{}
	for _, j := range m.jobs {
		if !seen[j.group] && !j.out && !j.due.After(m.now) {
			able[j.group] = j
		}
		seen[j.group] = true
	}
	return able
}

// queueMachine drives a queue and its model with the same calls.
type queueMachine struct {
	*testing.T
	queue    *queue
	consumer *consumer
	model    queueModel
	made     int
	past     []contract.Delivery // of jobs that are no longer out
}

const (
	modelQueue    = "webhooks"
	modelCapacity = 12
	modelWindow   = 20 * time.Second
)

// fresh opens a queue on the model's clock, and a consumer.
func (m *queueMachine) fresh() (*queue, *consumer) {
	opts := defaults[queueOptions]()
	opts.MemoryCapacity, opts.MaxAttempts = modelCapacity, modelAttempts
	opts.DeduplicationTTLMS, opts.RetryJitter = modelWindow.Milliseconds(), 0
	q, err := openQueue(context.Background(), opts, sdk.Env{})
	if err != nil {
		m.Fatal(err)
	}
	q.now = func() time.Time { return m.model.now }
	c, err := q.Consume(m.Context(), contract.ConsumeOptions{Queue: modelQueue, Lease: 5 * time.Second})
	if err != nil {
		m.Fatal(err)
	}
	return q, c.(*consumer)
}

func TestQueueBehavesAsItsModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m := &queueMachine{T: t, model: queueModel{now: time.Unix(1000, 0), recent: map[string]time.Time{}}}
		m.queue, m.consumer = m.fresh()
		rt.Repeat(map[string]func(*rapid.T){
			"":            m.check,
			"enqueue":     m.enqueue,
			"enqueue two": func(t *rapid.T) { m.enqueue(t); m.enqueue(t) },
			"take":        m.take,
			"take again":  m.take,
			"settle":      m.settle,
			"settle more": m.settle,
			"settle late": m.settleLate,
			"time passes": func(t *rapid.T) { m.model.pass(time.Duration(rapid.IntRange(1, 6).Draw(t, "s")) * time.Second) },
			"replay":      m.replay,
			"purge":       m.purge,
			"hand over":   m.handOver,
		})
	})
}

// check compares the counts, the dead letters, and the books.
func (m *queueMachine) check(t *rapid.T) {
	var want contract.QueueStats
	want.Durability, want.Dead = contract.InMemory, uint64(len(m.model.dead))
	seen := map[string]bool{}
	for _, j := range m.model.jobs {
		switch {
		case j.out:
			want.Out++
		case !seen[j.group] && j.due.After(m.model.now):
			want.Delayed++
		default:
			want.Waiting++
		}
		seen[j.group] = true
	}
	got, err := m.queue.Stats(m.Context(), modelQueue)
	got.OldestAge = 0
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Fatalf("Stats, %v (-want +got):\n%s", err, diff)
	}
	if s := m.queue.store; s.jobs != len(m.model.jobs) || s.bytes != weigh(s) {
		t.Fatalf("the store counts %d jobs and %d bytes, and holds %d and %d", s.jobs, s.bytes, len(m.model.jobs), weigh(s))
	}
	m.checkDead(t)
}

func weigh(s *store) int64 {
	var n int64
	for _, l := range s.lines {
		for e := l.jobs.Front(); e != nil; e = e.Next() {
			n += e.Value.(*job).size()
		}
		for _, d := range l.dead.all() {
			n += d.size()
		}
	}
	return n
}

func (m *queueMachine) checkDead(t *rapid.T) {
	var want, got []string
	for _, d := range m.model.dead {
		want = append(want, fmt.Sprint(d.id, d.attempts, d.reason))
	}
	for token, more := "", true; more; more = token != "" {
		page, next, err := m.queue.ListDead(m.Context(), modelQueue, token, 2)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range page {
			got = append(got, fmt.Sprint(d.Job.ID, d.Attempts, d.Reason))
		}
		token = next
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("dead letters (-want +got):\n%s", diff)
	}
}

func (m *queueMachine) enqueue(t *rapid.T) {
	if m.made == 0 || rapid.IntRange(0, 5).Draw(t, "a new id") > 0 {
		m.made++
	}
	j := contract.Job{
		Queue: modelQueue, ID: fmt.Sprint("job", m.made), GroupKey: rapid.SampledFrom([]string{"g", "h", "i"}).Draw(t, "group"),
		Delay:       time.Duration(max(0, rapid.IntRange(-6, 3).Draw(t, "delay"))) * time.Second,
		MaxAttempts: rapid.Uint32Range(0, 2).Draw(t, "max"),
	}
	err := m.queue.Enqueue(m.Context(), []contract.Job{j})[0]
	ends, known := m.model.recent[j.ID]
	switch {
	case known && ends.After(m.model.now):
		if err != nil {
			t.Fatalf("Enqueue of a known id: %v", err)
		}
	case len(m.model.jobs) == modelCapacity:
		if !errors.Is(err, contract.ErrOverloaded) || contract.RetryAfter(err) == 0 {
			t.Fatalf("Enqueue into a full queue: %v", err)
		}
	case err != nil:
		t.Fatal(err)
	default:
		m.model.recent[j.ID] = m.model.now.Add(modelWindow)
		m.model.jobs = append(m.model.jobs, modelJobOf(j, m.model.now.Add(j.Delay)))
	}
}

func modelJobOf(j contract.Job, due time.Time) *modelJob {
	if j.MaxAttempts == 0 {
		j.MaxAttempts = modelAttempts
	}
	return &modelJob{id: j.ID, group: j.GroupKey, max: j.MaxAttempts, due: due}
}

func (m *queueMachine) take(t *rapid.T) {
	most := rapid.IntRange(1, 3).Draw(t, "most")
	able := m.model.able()
	ds, _, err := m.consumer.take(most)
	if err != nil || len(ds) != min(most, len(able)) {
		t.Fatalf("of %d jobs that could be handed over, %d came when asked for %d: %v", len(able), len(ds), most, err)
	}
	for _, d := range ds {
		j := able[d.Job.GroupKey]
		if j == nil || j.id != d.Job.ID {
			t.Fatalf("%s was handed over, which is out, not due, or behind another of its group", d.Job.ID)
		}
		j.attempts++
		if d.Attempt != j.attempts {
			t.Fatalf("%s came with attempt %d, want %d", j.id, d.Attempt, j.attempts)
		}
		j.out, j.until, j.delivery = true, m.model.now.Add(5*time.Second), d
	}
}

// settle ends or extends the lease of a job that is out.
func (m *queueMachine) settle(t *rapid.T) {
	out := slices.DeleteFunc(slices.Clone(m.model.jobs), func(j *modelJob) bool { return !j.out })
	if len(out) == 0 {
		t.Skip("no job is out")
	}
	j := rapid.SampledFrom(out).Draw(t, "job")
	m.past = append(m.past, j.delivery)
	var err error
	switch rapid.SampledFrom([]string{"ack", "nack", "back-off", "reject", "extend"}).Draw(t, "how") {
	case "ack":
		err = m.consumer.Ack(m.Context(), j.delivery)
		m.model.remove(j)
	case "nack":
		wait := time.Duration(rapid.IntRange(0, 3).Draw(t, "wait")) * time.Second
		err = m.consumer.Nack(m.Context(), j.delivery, "no", wait)
		m.model.again(j, "no", m.model.now.Add(wait))
	case "back-off":
		err = m.consumer.Nack(m.Context(), j.delivery, "no", -1)
		m.model.again(j, "no", m.model.now.Add(time.Second<<(j.attempts-1)))
	case "reject":
		err = m.consumer.Reject(m.Context(), j.delivery, "never")
		m.model.die(j, "never")
	case "extend":
		m.past = m.past[:len(m.past)-1]
		err = m.consumer.Extend(m.Context(), j.delivery, 9*time.Second)
		j.until = m.model.now.Add(9 * time.Second)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// settleLate must fail: the job of the receipt is no longer out.
func (m *queueMachine) settleLate(t *rapid.T) {
	if len(m.past) == 0 {
		t.Skip("no job was settled")
	}
	d := rapid.SampledFrom(m.past).Draw(t, "delivery")
	if err := m.consumer.Ack(m.Context(), d); !errors.Is(err, contract.ErrNotFound) {
		t.Fatalf("Ack of %s, settled before: %v", d.Job.ID, err)
	}
}

// deadIDs draws ids to replay or purge; none means all.
func (m *queueMachine) deadIDs(t *rapid.T) (ids []string, chosen func(modelDead) bool) {
	for _, d := range m.model.dead {
		if rapid.Bool().Draw(t, "choose") {
			ids = append(ids, d.id)
		}
	}
	return ids, func(d modelDead) bool { return len(ids) == 0 || slices.Contains(ids, d.id) }
}

func (m *queueMachine) replay(t *rapid.T) {
	ids, chosen := m.deadIDs(t)
	n, err := m.queue.ReplayDead(m.Context(), modelQueue, ids)
	var want int64
	var left []modelDead
	for _, d := range m.model.dead {
		if !chosen(d) || len(m.model.jobs) == modelCapacity {
			left = append(left, d)
			continue
		}
		want++
		j := contract.Job{ID: d.id, GroupKey: d.group, MaxAttempts: d.max}
		m.model.jobs = append(m.model.jobs, modelJobOf(j, m.model.now))
	}
	full := want == 0 && slices.ContainsFunc(left, chosen)
	m.model.dead = left
	if n != want || full != errors.Is(err, contract.ErrOverloaded) || !full && err != nil {
		t.Fatalf("ReplayDead = %d, %v; want %d", n, err, want)
	}
}

func (m *queueMachine) purge(t *rapid.T) {
	ids, chosen := m.deadIDs(t)
	n, err := m.queue.PurgeDead(m.Context(), modelQueue, ids)
	before := len(m.model.dead)
	m.model.dead = slices.DeleteFunc(m.model.dead, chosen)
	if want := int64(before - len(m.model.dead)); err != nil || n != want {
		t.Fatalf("PurgeDead = %d, %v; want %d", n, err, want)
	}
}

// handOver replaces the queue by a successor; receipts stay good.
func (m *queueMachine) handOver(t *rapid.T) {
	next, consumer := m.fresh()
	if err := m.queue.Export(m.Context(), func(chunk []byte) error { return next.Import(m.Context(), chunk) }); err != nil {
		t.Fatal(err)
	}
	m.queue, m.consumer = next, consumer
}
