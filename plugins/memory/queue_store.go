package main

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/jobrules"
)

// store is all queues as a state machine: no lock, no clock, no goroutine.
// Every call is told the time, which never goes back; what became due since the
// last call takes effect first.
type store struct {
	rules queueRules
	lines map[string]*line
	seq   uint64 // the last number given to a job or dead letter

	jobs  int   // neither done nor dead, over all lines
	bytes int64 // of jobs and dead letters

	enqueued, done, retried, lost, buried, refused, forgotten uint64
}

// queueRules are the options in the units of the code.
type queueRules struct {
	jobs, groupJobs int
	bytes           int64
	attempts        uint32
	dead            int
	window          time.Duration
	backOff         jobrules.BackOff
}

func newStore(rules queueRules) *store {
	return &store{rules: rules, lines: map[string]*line{}}
}

// line returns a queue as it is now, made if need be.
func (s *store) line(name string, now time.Time) *line {
	l := s.lines[name]
	if l == nil {
		l = newLine(name)
		s.lines[name] = l
	}
	s.advance(l, now)
	return l
}

// advance lets happen what was due by now: delays end, leases are lost.
func (s *store) advance(l *line, now time.Time) {
	for len(l.alarms) > 0 && !l.alarms[0].at.After(now) {
		g := l.alarms[0]
		if !g.jobs.first().out {
			l.alarms.cancel(g)
			l.ready.push(g)
			continue
		}
		s.lost++
		l.takeBack(g)
		s.again(l, g, "the last lease ended without an outcome", g.at, now)
	}
}

// again gives the first job of g, which has no place, a further attempt at due
// or, if there is none left, makes it a dead letter.
func (s *store) again(l *line, g *group, reason string, due, now time.Time) {
	j := g.jobs.first()
	if j.attempts >= s.attemptsOf(j) {
		s.bury(l, g, reason, now)
		return
	}
	j.due = due
	l.schedule(g, now)
}

func (s *store) attemptsOf(j *job) uint32 {
	if j.MaxAttempts > 0 {
		return j.MaxAttempts
	}
	return s.rules.attempts
}

// enqueue stores a job unless its id was seen within the window.
func (s *store) enqueue(j contract.Job, now time.Time) error {
	if err := jobrules.Check(j); err != nil {
		return err
	}
	l := s.line(j.Queue, now)
	if l.recent.has(j.ID, now, 10*s.rules.jobs) {
		return nil
	}
	j.Body = bytes.Clone(j.Body)
	item := &job{Job: j, enqueued: now, due: now.Add(j.Delay)}
	if err := s.admit(l, item); err != nil {
		s.refused++
		return err
	}
	l.recent.add(j.ID, now.Add(s.rules.window))
	s.enqueued++
	s.add(l, item, now)
	return nil
}

func (s *store) add(l *line, j *job, now time.Time) {
	s.seq++
	j.seq = s.seq
	s.jobs++
	s.bytes += j.size()
	l.add(j, now)
}

// admit makes room for a job or says why there is none. Dead letters give way
// to live jobs, oldest first.
func (s *store) admit(l *line, j *job) error {
	if s.jobs >= s.rules.jobs {
		return overloaded("%d jobs are in the queue, the most that memory_capacity allows", s.jobs)
	}
	if g := l.groups[j.GroupKey]; g != nil && g.jobs.len() >= s.rules.groupJobs {
		return overloaded("%d jobs of its group are in the queue, the most that group_capacity allows", g.jobs.len())
	}
	for s.bytes+j.size() > s.rules.bytes {
		if l.dead.len() == 0 {
			return overloaded("the queue holds %d bytes, the most that max_bytes allows is %d", s.bytes, s.rules.bytes)
		}
		s.forgetOldest(l)
	}
	return nil
}

func overloaded(format string, args ...any) error {
	err := fmt.Errorf("%w: %s", contract.ErrOverloaded, fmt.Sprintf(format, args...))
	return &contract.RetryError{Err: err, After: time.Second}
}

// take hands over up to most jobs, groups in turn.
func (s *store) take(queue string, most int, lease time.Duration, now time.Time) []contract.Delivery {
	l := s.line(queue, now)
	var ds []contract.Delivery
	for len(ds) < most && l.ready.len() > 0 {
		ds = append(ds, delivery(l.handOver(now, lease)))
	}
	return ds
}

func delivery(j *job) contract.Delivery {
	d := contract.Delivery{Job: j.Job, Attempt: j.attempts, EnqueuedAt: j.enqueued, Receipt: receipt(j)}
	d.Job.Body = bytes.Clone(j.Body)
	return d
}

// receipt identifies one hand-over of a job.
func receipt(j *job) string {
	return strconv.FormatUint(j.seq, 36) + "-" + strconv.FormatUint(uint64(j.attempts), 10)
}

// held returns the group whose first job is out under this receipt.
func (l *line) held(r string) (*group, error) {
	number, _, _ := strings.Cut(r, "-")
	seq, _ := strconv.ParseUint(number, 36, 64)
	g := l.out[seq]
	if g == nil || receipt(g.jobs.first()) != r {
		return nil, fmt.Errorf("%w: no job is out under receipt %q; its lease may have ended", contract.ErrNotFound, r)
	}
	return g, nil
}

// settle takes a job back that is out and lets decide what becomes of it;
// decide must give the group a place.
func (s *store) settle(queue, receipt string, now time.Time, decide func(*line, *group, *job)) error {
	l := s.line(queue, now)
	g, err := l.held(receipt)
	if err != nil {
		return err
	}
	decide(l, g, l.takeBack(g))
	return nil
}

// ack removes a job.
func (s *store) ack(queue, receipt string, now time.Time) error {
	return s.settle(queue, receipt, now, func(l *line, g *group, j *job) {
		s.done++
		s.jobs--
		s.bytes -= j.size()
		l.drop(g)
		l.schedule(g, now)
	})
}

// nack gives a job back for after, or the back-off if that is negative.
func (s *store) nack(queue, receipt, reason string, after time.Duration, now time.Time) error {
	return s.settle(queue, receipt, now, func(l *line, g *group, j *job) {
		if after < 0 {
			after = s.rules.backOff.Delay(j.attempts)
		}
		s.retried++
		s.again(l, g, reason, now.Add(after), now)
	})
}

// reject makes a job a dead letter.
func (s *store) reject(queue, receipt, reason string, now time.Time) error {
	return s.settle(queue, receipt, now, func(l *line, g *group, _ *job) {
		s.bury(l, g, reason, now)
	})
}

// extend lends a job for a new lease.
func (s *store) extend(queue, receipt string, lease time.Duration, now time.Time) error {
	return s.settle(queue, receipt, now, func(l *line, g *group, _ *job) {
		l.lend(g, now.Add(lease))
	})
}

// next returns when something will become due in a queue that has nothing ready.
func (s *store) next(queue string) (time.Time, bool) {
	l := s.lines[queue]
	if l == nil || len(l.alarms) == 0 {
		return time.Time{}, false
	}
	return l.alarms[0].at, true
}

// isReady reports whether a job could be handed over.
func (s *store) isReady(queue string) bool {
	l := s.lines[queue]
	return l != nil && l.ready.len() > 0
}
