package plugin

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/jackfield/jackfield/sdk/contract"
)

// The bounds of one message of spilled jobs.
const (
	flushJobs  = 64
	flushBytes = 64 << 10
)

// spill keeps jobs in order while the queue is away. It is safe for concurrent use.
type spill struct {
	limits SpillLimits
	count  atomic.Int64 // len(jobs), for a look without the lock

	mu      sync.Mutex
	jobs    []contract.Job
	bytes   int
	sending int    // the first ones are on their way
	dropped uint64 // by DropOldest
	lost    uint64 // refused by the driver for good
	closed  bool
	filled  chan struct{} // has a token when there may be jobs
	emptied chan struct{} // closed when there are none
}

func newSpill(limits SpillLimits) *spill {
	s := &spill{limits: limits, filled: make(chan struct{}, 1), emptied: make(chan struct{})}
	close(s.emptied)
	return s
}

// jobSize is what a job counts for.
func jobSize(j contract.Job) int {
	const overhead = 128
	return overhead + len(j.Body) + len(j.ID) + len(j.GroupKey) + len(j.Queue)
}

// busy is whether newer jobs must queue up behind spilled ones.
func (s *spill) busy() bool { return s.count.Load() > 0 }

// add keeps a copy of job behind the others, or returns ErrOverloaded; after
// close ErrClosed.
func (s *spill) add(job contract.Job) error {
	job.Body = bytes.Clone(job.Body)
	size := jobSize(job)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return fmt.Errorf("%w: the queue was stopped", contract.ErrClosed)
	}
	if !s.makeRoom(size) {
		return fmt.Errorf("%w: the queue is away and %d jobs already wait for it", contract.ErrOverloaded, len(s.jobs))
	}
	if len(s.jobs) == 0 {
		s.emptied = make(chan struct{})
	}
	s.jobs = append(s.jobs, job)
	s.bytes += size
	s.count.Store(int64(len(s.jobs)))
	select {
	case s.filled <- struct{}{}:
	default:
	}
	return nil
}

// makeRoom is whether size more bytes fit, after dropping what may be dropped.
func (s *spill) makeRoom(size int) bool {
	for s.bytes+size > s.limits.Bytes || len(s.jobs) >= s.limits.Jobs {
		if !s.limits.DropOldest || len(s.jobs) <= s.sending || size > s.limits.Bytes {
			return false
		}
		s.bytes -= jobSize(s.jobs[s.sending])
		s.jobs = slices.Delete(s.jobs, s.sending, s.sending+1)
		s.dropped++
	}
	return true
}

// next returns the oldest jobs, as many as fit into a message. They stay until settle.
func (s *spill) next() []contract.Job {
	s.mu.Lock()
	defer s.mu.Unlock()
	size := 0
	for s.sending = 0; s.sending < min(len(s.jobs), flushJobs); s.sending++ {
		size += jobSize(s.jobs[s.sending])
		if s.sending > 0 && size > flushBytes {
			break
		}
	}
	return slices.Clone(s.jobs[:s.sending])
}

// settle forgets those of the jobs returned by next that were accepted (nil)
// or refused for good, and returns how many stay.
func (s *spill) settle(errs []error) (left int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := 0
	for i, job := range s.jobs[:s.sending] {
		switch {
		case isAway(errs[i]) || isPushBack(errs[i]):
			s.jobs[kept] = job
			kept++
			continue
		case errs[i] != nil:
			s.lost++
		}
		s.bytes -= jobSize(job)
	}
	s.jobs = slices.Delete(s.jobs, kept, s.sending)
	s.sending = 0
	s.count.Store(int64(len(s.jobs)))
	if len(s.jobs) == 0 {
		s.jobs = nil
		close(s.emptied)
	}
	return kept
}

// wait returns nil once no job is kept, or an error that says how many are.
func (s *spill) wait(ctx context.Context) error {
	s.mu.Lock()
	emptied := s.emptied
	s.mu.Unlock()
	select {
	case <-emptied:
		return nil
	case <-ctx.Done():
		return s.errLeft()
	}
}

// close refuses further jobs. The error says how many are lost.
func (s *spill) close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	return s.errLeft()
}

func (s *spill) errLeft() error {
	if n := s.count.Load(); n > 0 {
		return fmt.Errorf("%d jobs were not handed to the queue", n)
	}
	return nil
}

// samples returns what is kept and what was lost.
func (s *spill) samples() []contract.Sample {
	s.mu.Lock()
	defer s.mu.Unlock()
	return []contract.Sample{
		gauge("queue_spill_jobs", "Jobs kept in memory while the queue is away.", nil, float64(len(s.jobs))),
		gauge("queue_spill_bytes", "Bytes of the jobs kept in memory while the queue is away.", nil, float64(s.bytes)),
		counter("queue_spill_dropped_total", "Jobs dropped because too many were kept.", nil, float64(s.dropped)),
		counter("queue_spill_refused_total", "Kept jobs that the queue refused for good.", nil, float64(s.lost)),
	}
}
