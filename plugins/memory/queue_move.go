package main

import (
	"context"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/jobrules"
)

var _ contract.StateMover = (*queue)(nil)

// queueChunk is a part of a queue's state. Jobs of one queue are in the order
// enqueued, dead letters in the order of death, times relative to the export.
type queueChunk struct {
	Seq    uint64      `json:"seq"`
	Jobs   []movedJob  `json:"jobs,omitempty"`
	Dead   []movedDead `json:"dead,omitempty"`
	Recent []movedIDs  `json:"recent,omitempty"`
}

type movedJob struct {
	Job      contract.Job  `json:"job"`
	Seq      uint64        `json:"seq"`
	Enqueued time.Time     `json:"enqueued"`
	Attempts uint32        `json:"attempts"`
	Out      bool          `json:"out,omitempty"`
	Wait     time.Duration `json:"wait,omitempty"` // until it is due, or until its lease ends
}

type movedDead struct {
	Job      contract.Job `json:"job"`
	Enqueued time.Time    `json:"enqueued"`
	Attempts uint32       `json:"attempts"`
	Reason   string       `json:"reason"`
	Died     time.Time    `json:"died"`
}

type movedIDs struct {
	Queue string        `json:"queue"`
	ID    string        `json:"id"`
	Left  time.Duration `json:"left"`
}

// Export gives all jobs, those that are out included: their receipts stay good
// with the successor. Meanwhile the queue takes and gives nothing; what would
// change it fails with ErrUnavailable.
func (q *queue) Export(ctx context.Context, yield func(chunk []byte) error) error {
	now, err := q.freeze()
	if err != nil {
		return err
	}
	defer q.thaw()
	p := &packer[queueChunk]{yield: yield}
	for _, l := range q.store.lines {
		for _, export := range []func(*packer[queueChunk], *line, time.Time) error{exportJobs, exportDead, exportRecent} {
			p.chunk.Seq = q.store.seq
			if err := export(p, l, now); err != nil {
				return err
			}
			if err := ctx.Err(); err != nil {
				return err
			}
		}
	}
	return p.flush()
}

// freeze stops all changes, so that the store can be read without the lock.
func (q *queue) freeze() (time.Time, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.frozen {
		return time.Time{}, errExporting
	}
	q.frozen = true
	return q.now(), nil
}

// thaw lets changes in again and wakes everybody.
func (q *queue) thaw() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.frozen = false
	for name, b := range q.bells {
		close(b.rung)
		delete(q.bells, name)
	}
}

func exportJobs(p *packer[queueChunk], l *line, now time.Time) error {
	for e := l.jobs.Front(); e != nil; e = e.Next() {
		j := e.Value.(*job)
		m := movedJob{Job: j.Job, Seq: j.seq, Enqueued: j.enqueued, Attempts: j.attempts, Out: j.out, Wait: max(0, j.due.Sub(now))}
		if j.out {
			m.Wait = max(0, l.out[j.seq].at.Sub(now))
		}
		p.chunk.Jobs = append(p.chunk.Jobs, m)
		if err := p.grow(int(j.size()) * 4 / 3); err != nil {
			return err
		}
	}
	return nil
}

func exportDead(p *packer[queueChunk], l *line, _ time.Time) error {
	for _, d := range l.dead.all() {
		p.chunk.Dead = append(p.chunk.Dead, movedDead{d.Job, d.enqueued, d.attempts, d.reason, d.died})
		if err := p.grow(int(d.size()) * 4 / 3); err != nil {
			return err
		}
	}
	return nil
}

func exportRecent(p *packer[queueChunk], l *line, now time.Time) error {
	for _, r := range l.recent.order.all() {
		if left := r.ends.Sub(now); left > 0 {
			p.chunk.Recent = append(p.chunk.Recent, movedIDs{l.name, r.id, left})
			if err := p.grow(len(l.name) + len(r.id) + 60); err != nil {
				return err
			}
		}
	}
	return nil
}

// Import takes over the jobs of a predecessor. The bounds of this queue do not
// refuse them.
func (q *queue) Import(_ context.Context, chunk []byte) error {
	state, err := unpack[queueChunk](chunk)
	if err != nil {
		return err
	}
	if err := state.check(); err != nil {
		return err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	now := q.now()
	q.store.seq = max(q.store.seq, state.Seq)
	for _, m := range state.Jobs {
		q.store.importJob(m, now)
		q.ring(m.Job.Queue)
	}
	for _, m := range state.Dead {
		q.store.importDead(m, now)
	}
	for _, m := range state.Recent {
		if r := &q.store.line(m.Queue, now).recent; !r.has(m.ID, now, 10*q.store.rules.jobs) {
			r.add(m.ID, now.Add(m.Left))
		}
	}
	return nil
}

func (c *queueChunk) check() error {
	for _, m := range c.Jobs {
		if err := jobrules.Check(m.Job); err != nil {
			return err
		}
	}
	for _, m := range c.Dead {
		if err := jobrules.Check(m.Job); err != nil {
			return err
		}
	}
	for _, m := range c.Recent {
		if err := jobrules.CheckQueue(m.Queue); err != nil {
			return err
		}
	}
	return nil
}

func (s *store) importJob(m movedJob, now time.Time) {
	l := s.line(m.Job.Queue, now)
	j := &job{Job: m.Job, seq: m.Seq, enqueued: m.Enqueued, attempts: m.Attempts}
	s.jobs++
	s.bytes += j.size()
	g := l.join(j)
	first := g.jobs.len() == 1
	if first && m.Out && l.out[j.seq] == nil {
		l.lend(g, now.Add(m.Wait))
		return
	}
	j.due = now.Add(m.Wait)
	if first {
		l.schedule(g, now)
	}
}

func (s *store) importDead(m movedDead, now time.Time) {
	l := s.line(m.Job.Queue, now)
	s.seq++
	d := &deadJob{
		job:    &job{Job: m.Job, enqueued: m.Enqueued, attempts: m.Attempts},
		number: s.seq, reason: m.Reason, died: m.Died,
	}
	s.bytes += d.size()
	l.dead.push(d)
	for l.dead.len() > s.rules.dead {
		s.forgetOldest(l)
	}
}
