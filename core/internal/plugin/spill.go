package plugin

import (
	"bytes"
	linked "container/list"
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/hashicorp/go-hclog"

	"github.com/jackfield/jackfield/sdk/contract"
)

// spill keeps jobs while the queue is away, those of a group in order. It is
// safe for concurrent use.
type spill struct {
	limits SpillLimits
	logger hclog.Logger
	count  atomic.Int64 // jobs.Len(), for a look without the lock

	mu      sync.Mutex
	jobs    linked.List // all that is kept (*kept), oldest first
	lines   map[groupName]*line
	ready   []*line // has a first job that is not under way; served in turn
	sent    []*line // the first job is under way
	bytes   int
	dropped uint64 // by DropOldest
	lost    uint64 // given up
	closed  bool
	filled  chan struct{} // has a token when there may be jobs
	emptied chan struct{} // closed when there are none
}

func newSpill(limits SpillLimits, logger hclog.Logger) *spill {
	s := &spill{
		limits: limits, logger: logger, lines: map[groupName]*line{}, filled: make(chan struct{}, 1), emptied: make(chan struct{}),
	}
	close(s.emptied)
	return s
}

// jobSize is what a job counts for.
func jobSize(j *contract.Job) int {
	const overhead = 128
	return overhead + len(j.Body) + len(j.ID) + len(j.GroupKey) + len(j.Queue)
}

// busy is whether newer jobs must queue up behind spilled ones.
func (s *spill) busy() bool { return s.count.Load() > 0 }

// add keeps a copy of job behind the others, or returns ErrOverloaded; after
// close ErrClosed.
func (s *spill) add(job contract.Job) error {
	job.Body = bytes.Clone(job.Body)
	size := jobSize(&job)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return fmt.Errorf("%w: the queue was stopped", contract.ErrClosed)
	}
	empty := s.jobs.Len() == 0
	if !s.makeRoom(size) {
		return fmt.Errorf("%w: the queue is away and %d jobs already wait for it", contract.ErrOverloaded, s.jobs.Len())
	}
	if empty {
		s.emptied = make(chan struct{})
	}
	s.push(&kept{Job: job})
	s.bytes += size
	s.count.Add(1)
	select {
	case s.filled <- struct{}{}:
	default:
	}
	return nil
}

// makeRoom is whether size more bytes fit, after dropping what may be dropped:
// nothing unless that helps.
func (s *spill) makeRoom(size int) bool {
	fits := func(bytes, jobs int) bool { return bytes+size <= s.limits.Bytes && jobs < s.limits.Jobs }
	if fits(s.bytes, s.jobs.Len()) {
		return true
	}
	held := 0
	for _, l := range s.sent {
		held += jobSize(&l.jobs[0].Job)
	}
	if !s.limits.DropOldest || !fits(held, len(s.sent)) {
		return false
	}
	for e := s.jobs.Front(); !fits(s.bytes, s.jobs.Len()); {
		k := e.Value.(*kept)
		e = e.Next()
		if !k.underWay {
			s.remove(k)
			s.dropped++
		}
	}
	return true
}

// waiting is how many jobs of a queue are kept.
func (s *spill) waiting(queue string) (n uint64) {
	if !s.busy() {
		return 0
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, l := range s.lines {
		if name.queue == queue {
			n += uint64(len(l.jobs))
		}
	}
	return n
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
		gauge("queue_spill_jobs", "Jobs kept in memory while the queue is away.", nil, float64(s.jobs.Len())),
		gauge("queue_spill_bytes", "Bytes of the jobs kept in memory while the queue is away.", nil, float64(s.bytes)),
		counter("queue_spill_dropped_total", "Jobs dropped because too many were kept.", nil, float64(s.dropped)),
		counter("queue_spill_refused_total", "Kept jobs that the queue refused for good.", nil, float64(s.lost)),
	}
}
