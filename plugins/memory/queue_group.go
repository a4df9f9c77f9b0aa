package main

import (
	"container/heap"
	"container/list"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// job is a job that is neither done nor dead.
type job struct {
	contract.Job
	seq      uint64 // unique; the receipt is made of it and the attempt
	enqueued time.Time
	due      time.Time // not to be handed over before
	attempts uint32
	out      bool
	place    *list.Element // among all jobs of its line
}

// size is what the job counts against the bound in bytes: its own and an
// allowance for what surrounds it.
func (j *job) size() int64 {
	const around = 256
	return int64(around + len(j.ID) + len(j.GroupKey) + len(j.Body))
}

// group is the jobs of one group key in their order. Only the first can be out
// or wait for a time; the others wait behind it. A group is in exactly one
// place: among the ready ones, or in the alarms.
type group struct {
	key   string
	jobs  fifo[*job]
	at    time.Time // first job out: its lease ends; else: it is due
	alarm int       // index in the alarms
}

// alarms are the groups that wait for a time, as a heap of the earliest; at the
// same time the older job is first.
type alarms []*group

var _ heap.Interface = (*alarms)(nil)

func (a alarms) Len() int { return len(a) }

func (a alarms) Less(i, j int) bool {
	if order := a[i].at.Compare(a[j].at); order != 0 {
		return order < 0
	}
	return a[i].jobs.first().seq < a[j].jobs.first().seq
}

func (a alarms) Swap(i, j int) {
	a[i], a[j] = a[j], a[i]
	a[i].alarm, a[j].alarm = i, j
}

// Push is called by package heap.
func (a *alarms) Push(g any) {
	g.(*group).alarm = len(*a)
	*a = append(*a, g.(*group))
}

// Pop is called by package heap.
func (a *alarms) Pop() any {
	last := len(*a) - 1
	g := (*a)[last]
	(*a)[last] = nil
	*a = (*a)[:last]
	return g
}

func (a *alarms) set(g *group, at time.Time) {
	g.at = at
	heap.Push(a, g)
}

func (a *alarms) cancel(g *group) { heap.Remove(a, g.alarm) }
