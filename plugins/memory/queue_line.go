package main

import (
	"container/list"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// line is one named queue: its groups, and where each of them stands.
type line struct {
	name   string
	groups map[string]*group
	ready  fifo[*group]      // the first job can be handed over; served in turn
	alarms alarms            // the first job is out or not yet due
	out    map[uint64]*group // by the number of the job that is out
	jobs   list.List         // all jobs (*job) in the order enqueued
	dead   fifo[*deadJob]    // oldest first
	recent recentIDs
}

func newLine(name string) *line {
	return &line{name: name, groups: map[string]*group{}, out: map[uint64]*group{}}
}

// add puts a job at the end of its group.
func (l *line) add(j *job, now time.Time) {
	if g := l.join(j); g.jobs.len() == 1 {
		l.schedule(g, now)
	}
}

// join puts a job at the end of its group, and leaves a group of which it is
// the first without a place.
func (l *line) join(j *job) *group {
	j.place = l.jobs.PushBack(j)
	g := l.groups[j.GroupKey]
	if g == nil {
		g = &group{key: j.GroupKey}
		l.groups[j.GroupKey] = g
	}
	g.jobs.push(j)
	return g
}

// schedule finds the place of a group that has none: ready, waiting for its
// first job to be due, or away if it has no more jobs.
func (l *line) schedule(g *group, now time.Time) {
	switch {
	case g.jobs.len() == 0:
		delete(l.groups, g.key)
	case g.jobs.first().due.After(now):
		l.alarms.set(g, g.jobs.first().due)
	default:
		l.ready.push(g)
	}
}

// handOver takes the next ready group and lends its first job out.
func (l *line) handOver(now time.Time, lease time.Duration) *job {
	g := l.ready.pop()
	j := g.jobs.first()
	j.attempts++
	l.lend(g, now.Add(lease))
	return j
}

// lend marks the first job of a group that has no place as out.
func (l *line) lend(g *group, until time.Time) {
	j := g.jobs.first()
	j.out = true
	l.out[j.seq] = g
	l.alarms.set(g, until)
}

// takeBack ends that the first job of g is out; g then has no place.
func (l *line) takeBack(g *group) *job {
	j := g.jobs.first()
	j.out = false
	delete(l.out, j.seq)
	l.alarms.cancel(g)
	return j
}

// drop removes the first job of a group, which must not be out.
func (l *line) drop(g *group) {
	l.jobs.Remove(g.jobs.pop().place)
}

// stats counts the jobs by state.
func (l *line) stats(now time.Time) contract.QueueStats {
	out := len(l.out)
	delayed := len(l.alarms) - out
	st := contract.QueueStats{
		Waiting: uint64(l.jobs.Len() - out - delayed),
		Delayed: uint64(delayed),
		Out:     uint64(out),
		Dead:    uint64(l.dead.len()),
	}
	for e := l.jobs.Front(); e != nil; e = e.Next() {
		if j := e.Value.(*job); !j.out {
			st.OldestAge = now.Sub(j.enqueued)
			break
		}
	}
	return st
}

// recentIDs are the ids of jobs that were enqueued within the window.
type recentIDs struct {
	seen  map[string]struct{}
	order fifo[recentID]
}

type recentID struct {
	id   string
	ends time.Time
}

// has forgets what is past its time, or beyond most, and looks id up.
func (r *recentIDs) has(id string, now time.Time, most int) bool {
	for r.order.len() > 0 && (r.order.len() >= most || !r.order.first().ends.After(now)) {
		delete(r.seen, r.order.pop().id)
	}
	_, ok := r.seen[id]
	return ok
}

// add remembers an id that is not among the recent ones. Times must not fall.
func (r *recentIDs) add(id string, ends time.Time) {
	if r.seen == nil {
		r.seen = map[string]struct{}{}
	}
	r.seen[id] = struct{}{}
	r.order.push(recentID{id, ends})
}
