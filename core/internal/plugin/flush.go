package plugin

import (
	linked "container/list"
	"errors"
	"slices"

	"github.com/jackfield/jackfield/sdk/contract"
)

// The bounds of one message of kept jobs.
const (
	flushJobs  = 64
	flushBytes = 64 << 10
)

// maxFaults is how often the driver may fail with an internal error on a kept
// job before the job is given up: it may be what breaks the driver.
const maxFaults = 10

// kept is a job that waits for the queue.
type kept struct {
	contract.Job
	place    *linked.Element // among all jobs
	faults   int             // internal errors of the driver on it
	underWay bool
}

// groupName tells groups apart.
type groupName struct{ queue, group string }

// line holds the kept jobs of one group in order. Only its first job may be
// under way, so that one which is refused for now is never overtaken.
type line struct {
	groupName
	jobs []*kept
}

// push puts a job behind the others of its group.
func (s *spill) push(k *kept) {
	k.place = s.jobs.PushBack(k)
	at := groupName{k.Queue, k.GroupKey}
	l := s.lines[at]
	if l == nil {
		l = &line{groupName: at}
		s.lines[at] = l
		s.ready = append(s.ready, l)
	}
	l.jobs = append(l.jobs, k)
}

// remove forgets a job.
func (s *spill) remove(k *kept) {
	s.jobs.Remove(k.place)
	s.bytes -= jobSize(&k.Job)
	s.count.Add(-1)
	l := s.lines[groupName{k.Queue, k.GroupKey}]
	i := slices.Index(l.jobs, k)
	if l.jobs[i] = nil; i == 0 {
		l.jobs = l.jobs[1:]
	} else {
		l.jobs = slices.Delete(l.jobs, i, i+1)
	}
	if len(l.jobs) > 0 {
		return
	}
	delete(s.lines, l.groupName)
	if !k.underWay {
		s.ready = slices.DeleteFunc(s.ready, func(other *line) bool { return other == l })
	}
}

// next returns the first jobs of the groups whose turn it is, as many as fit
// into a message. They stay until settle.
func (s *spill) next() []contract.Job {
	s.mu.Lock()
	defer s.mu.Unlock()
	var jobs []contract.Job
	size := 0
	for _, l := range s.ready[:min(len(s.ready), flushJobs)] {
		k := l.jobs[0]
		if size += jobSize(&k.Job); len(jobs) > 0 && size > flushBytes {
			break
		}
		k.underWay = true
		jobs = append(jobs, k.Job)
	}
	s.sent = slices.Clone(s.ready[:len(jobs)])
	s.ready = s.ready[len(jobs):]
	return jobs
}

// settle forgets those of the jobs returned by next that were accepted (nil)
// or are given up, and says how many stay.
func (s *spill) settle(errs []error) (left int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, l := range s.sent {
		k := l.jobs[0]
		switch {
		case errs[i] == nil:
			s.remove(k)
		case k.isHopeless(errs[i]):
			s.remove(k)
			s.lost++
			s.logger.Error("a job that waited for the queue is given up", "job", k.ID, "group", k.GroupKey, "err", errs[i])
		default:
			left++
		}
		k.underWay = false
		if len(l.jobs) > 0 {
			s.ready = append(s.ready, l)
		}
	}
	s.sent = nil
	if s.jobs.Len() == 0 {
		close(s.emptied)
	}
	return left
}

// isHopeless is whether a job that was accepted must be given up all the same:
// the driver can never take it, or breaks on it.
func (k *kept) isHopeless(err error) bool {
	if errors.Is(err, contract.ErrInternal) {
		k.faults++
	}
	return errors.Is(err, contract.ErrInvalid) || errors.Is(err, contract.ErrUnsupported) || k.faults >= maxFaults
}
