package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/jackfield/jackfield/sdk/contract"
)

// modelQueue is the queue in its plainest form: lists of jobs by group.
type modelQueue struct {
	now    int64 // ms
	groups map[string][]*modelJob
	order  []*modelJob // as enqueued
	dead   []*modelJob // as died
	known  map[string]int64
}

type modelJob struct {
	contract.Job
	at, due, ends int64
	attempts      uint32
	losses        int
	out           bool
	receipt       string
}

const (
	modelAttempts  = 2
	modelRetention = 3
	modelMemory    = 5000
	modelGroupMost = 4
)

// advance takes back what is out too long, the earliest first.
func (m *modelQueue) advance() {
	late := slices.DeleteFunc(slices.Clone(m.order), func(j *modelJob) bool { return !j.out || j.ends > m.now })
	slices.SortFunc(late, func(a, b *modelJob) int {
		return cmp.Or(cmp.Compare(a.ends, b.ends), cmp.Compare(a.GroupKey, b.GroupKey))
	})
	for _, j := range late {
		if j.losses++; j.losses >= modelAttempts {
			m.bury(j)
		} else {
			m.again(j, m.now)
		}
	}
}

// again ends a hand-over with another attempt or death.
func (m *modelQueue) again(j *modelJob, due int64) {
	j.out, j.due = false, due
	most := j.MaxAttempts
	if most == 0 {
		most = modelAttempts
	}
	if j.attempts >= most {
		m.bury(j)
	}
}

func (m *modelQueue) bury(j *modelJob) {
	m.drop(j)
	if m.dead = append(m.dead, j); len(m.dead) > modelRetention {
		m.dead = m.dead[1:]
	}
}

// drop removes a group's first job.
func (m *modelQueue) drop(j *modelJob) {
	j.out = false
	m.groups[j.GroupKey] = m.groups[j.GroupKey][1:]
	m.order = slices.DeleteFunc(m.order, func(o *modelJob) bool { return o == j })
}

func (m *modelQueue) enqueue(job contract.Job) error {
	if m.known[job.ID] > m.now {
		return nil
	}
	if len(m.groups[job.GroupKey]) >= modelGroupMost {
		return contract.ErrOverloaded
	}
	m.known[job.ID] = m.now + modelMemory
	m.add(&modelJob{Job: job, at: m.now, due: m.now + job.Delay.Milliseconds()})
	return nil
}

func (m *modelQueue) add(j *modelJob) {
	m.groups[j.GroupKey] = append(m.groups[j.GroupKey], j)
	m.order = append(m.order, j)
}

// claimable are the groups whose first job can be handed over.
func (m *modelQueue) claimable() map[string]*modelJob {
	heads := map[string]*modelJob{}
	for name, jobs := range m.groups {
		if len(jobs) > 0 && !jobs[0].out && jobs[0].due <= m.now {
			heads[name] = jobs[0]
		}
	}
	return heads
}

func (m *modelQueue) held(receipt string) *modelJob {
	for _, j := range m.order {
		if j.out && j.receipt == receipt && j.ends > m.now {
			return j
		}
	}
	return nil
}

// unlucky counts the jobs that lost their last lease.
func (m *modelQueue) unlucky() (n int64) {
	for _, j := range slices.Concat(m.order, m.dead) {
		if j.losses > 0 {
			n++
		}
	}
	return n
}

func (m *modelQueue) stats() contract.QueueStats {
	var st contract.QueueStats
	for _, j := range m.order {
		head := m.groups[j.GroupKey][0] == j
		switch {
		case j.out:
			st.Out++
			continue
		case head && j.due > m.now:
			st.Delayed++
		default:
			st.Waiting++
		}
		if st.OldestAge == 0 {
			st.OldestAge = millis(m.now - j.at)
		}
	}
	st.Dead = uint64(len(m.dead))
	return st
}

// modelRun compares the queue in Redis with the model, call by call.
type modelRun struct {
	t        *testing.T
	m        *modelQueue
	q        *queue
	claims   *claims
	receipts []string
	made     int
}

func newModelRun(t *testing.T) *modelRun {
	q := newQueue(t, toStandalone(standalone()), func(o *queueOptions) {
		o.GroupCapacity = modelGroupMost
		o.Reliability.MaxAttempts, o.Reliability.FailedRetention = modelAttempts, modelRetention
		o.Reliability.DeduplicationTTLMS, o.Reliability.StalledBatchSize = modelMemory, 1000
	})
	r := &modelRun{
		t: t, q: q, claims: &claims{q: q, queue: "q", lease: 2 * time.Second},
		m: &modelQueue{now: 1_700_000_000_000, groups: map[string][]*modelJob{}, known: map[string]int64{}},
	}
	r.pass(0)
	return r
}

func (r *modelRun) pass(ms int64) {
	r.m.now += ms
	r.q.clock = strconv.FormatInt(r.m.now, 10)
	r.m.advance()
}

func (r *modelRun) enqueue(t *rapid.T) {
	r.made++
	job := contract.Job{
		Queue: "q", ID: fmt.Sprint("job", rapid.IntRange(max(0, r.made-5), r.made).Draw(t, "id")),
		GroupKey: rapid.SampledFrom([]string{"a", "aa", "b", "b\x00", "ü"}).Draw(t, "group"),
		Body:     rapid.SliceOfN(rapid.Byte(), 0, 20).Draw(t, "body"), MaxAttempts: rapid.Uint32Range(0, 3).Draw(t, "max"),
		Delay: millis(rapid.SampledFrom([]int64{0, 0, 0, 500, 1500}).Draw(t, "delay")),
	}
	want := r.m.enqueue(job)
	if got := r.q.Enqueue(r.t.Context(), []contract.Job{job})[0]; !errors.Is(got, want) || want == nil && got != nil {
		t.Fatalf("Enqueue of %s: %v, want %v", job.ID, got, want)
	}
}

func (r *modelRun) take(t *rapid.T) {
	n := rapid.IntRange(1, 4).Draw(t, "n")
	heads := r.m.claimable()
	got := r.claims.claim(n)
	if got.err != nil || len(got.jobs) != min(n, len(heads)) {
		t.Fatalf("claim of %d: %d jobs, %v; want %d", n, len(got.jobs), got.err, min(n, len(heads)))
	}
	for _, d := range got.jobs {
		j := heads[d.Job.GroupKey]
		if j == nil || j.ID != d.Job.ID || string(j.Body) != string(d.Job.Body) || d.Attempt != j.attempts+1 || d.EnqueuedAt.UnixMilli() != j.at {
			t.Fatalf("claim returned %+v, want the first of its group: %+v", d, j)
		}
		j.out, j.attempts, j.ends, j.receipt = true, d.Attempt, r.m.now+r.claims.lease.Milliseconds(), d.Receipt
		r.receipts = append(r.receipts, d.Receipt)
	}
}

func (r *modelRun) settle(t *rapid.T) {
	if len(r.receipts) == 0 {
		return
	}
	receipt := rapid.SampledFrom(r.receipts).Draw(t, "receipt")
	s := settlement{
		how: rapid.SampledFrom([]string{acked, nacked, rejected, untake, extended}).Draw(t, "how"), reason: "because",
		time: millis(rapid.SampledFrom([]int64{1000, 1500}).Draw(t, "time")),
	}
	j := r.m.held(receipt)
	_, err := r.q.settle(r.t.Context(), "q", receipt, s)
	if (j == nil) != errors.Is(err, contract.ErrNotFound) || j != nil && err != nil {
		t.Fatalf("%s of %s: %v, the model has %+v", s.how, receipt, err, j)
	}
	if j != nil {
		r.m.settle(j, s)
	}
}

func (m *modelQueue) settle(j *modelJob, s settlement) {
	switch s.how {
	case acked:
		m.drop(j)
	case nacked:
		j.losses = 0
		m.again(j, m.now+s.time.Milliseconds())
	case rejected:
		m.bury(j)
	case untake:
		j.out, j.due, j.attempts = false, m.now, j.attempts-1
	case extended:
		j.ends = m.now + s.time.Milliseconds()
	}
}

func (r *modelRun) moveDead(t *rapid.T) {
	ids := rapid.SliceOfN(rapid.SampledFrom([]string{"job1", "job2", "job3"}), 0, 2).Draw(t, "ids")
	replay := rapid.Bool().Draw(t, "replay")
	var moved []*modelJob
	r.m.dead = slices.DeleteFunc(r.m.dead, func(j *modelJob) bool {
		if len(ids) > 0 && !slices.Contains(ids, j.ID) {
			return false
		}
		moved = append(moved, j)
		return true
	})
	call := r.q.PurgeDead
	if replay {
		call = r.q.ReplayDead
		for _, j := range moved {
			r.m.add(&modelJob{Job: j.Job, at: r.m.now, due: r.m.now})
		}
	}
	slices.Sort(ids)
	if n, err := call(r.t.Context(), "q", slices.Compact(ids)); err != nil || n != int64(len(moved)) {
		t.Fatalf("replay %v of %v: %d, %v; want %d", replay, ids, n, err, len(moved))
	}
}

// same compares what can be seen from outside, and that nothing is left over.
func (r *modelRun) same(t *rapid.T) {
	d, err := r.q.depth(r.t.Context(), "q")
	if want := r.m.stats(); err != nil || d.stats != want {
		t.Fatalf("stats %+v, %v; want %+v", d.stats, err, want)
	}
	letters, _, err := r.q.ListDead(r.t.Context(), "q", "", 100)
	if err != nil || len(letters) != len(r.m.dead) {
		t.Fatalf("%d dead letters, %v; want %d", len(letters), err, len(r.m.dead))
	}
	for i, l := range letters {
		if j := r.m.dead[i]; l.Job.ID != j.ID || string(l.Job.Body) != string(j.Body) || l.Attempts != j.attempts {
			t.Fatalf("dead letter %d is %+v, want %+v", i, l, j)
		}
	}
	r.tidy(t)
}

// tidy checks that the parts in Redis agree with each other.
func (r *modelRun) tidy(t *rapid.T) {
	ctx, all := r.t.Context(), int64(len(r.m.order)+len(r.m.dead))
	var bytes int64
	for _, j := range append(slices.Clone(r.m.order), r.m.dead...) {
		bytes += int64(len(j.Body))
	}
	stored, _ := r.q.HGet(ctx, r.q.key("q", "state"), "bytes").Int64()
	counts := map[string][2]int64{
		"jobs":   {r.q.HLen(ctx, r.q.key("q", "jobs")).Val(), all},
		"bodies": {r.q.HLen(ctx, r.q.key("q", "bodies")).Val(), all},
		"losses": {r.q.HLen(ctx, r.q.key("q", "losses")).Val(), r.m.unlucky()},
		"line":   {r.q.ZCard(ctx, r.q.key("q", "line")).Val(), int64(len(r.m.order))},
		"deaths": {r.q.HLen(ctx, r.q.key("q", "deaths")).Val(), int64(len(r.m.dead))},
		"held":   {r.q.HLen(ctx, r.q.key("q", "held")).Val(), int64(r.m.stats().Out)},
		"bytes":  {stored, bytes},
	}
	for what, c := range counts {
		if c[0] != c[1] {
			t.Fatalf("%s: %d, want %d", what, c[0], c[1])
		}
	}
}

func TestQueueBehavesLikeTheModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := newModelRun(t)
		rt.Repeat(map[string]func(*rapid.T){
			"enqueue": r.enqueue, "enqueue more": r.enqueue, "take": r.take, "take more": r.take,
			"settle": r.settle, "settle more": r.settle, "move dead": r.moveDead,
			"pass": func(t *rapid.T) { r.pass(rapid.SampledFrom([]int64{1, 499, 500, 1000, 2000}).Draw(t, "ms")) },
			"":     r.same,
		})
	})
}
