package webhook

import (
	"context"
	"time"
)

// clerk hands jobs to the queue until ctx ends, or nothing waits after finish.
func (s *Service) clerk(ctx context.Context) {
	for ctx.Err() == nil {
		due, ok := s.sink.fire(s.now())
		s.outbox.closeBatches(s.now(), s.finishing())
		if lanes, jobs := s.outbox.round(s.now()); len(jobs) > 0 {
			s.outbox.settle(lanes, s.opts.Queue.Enqueue(ctx, jobs), s.now())
			continue
		}
		if s.finishing() && s.outbox.empty() {
			return
		}
		if at, also := s.outbox.next(); also && (!ok || at < due) {
			due, ok = at, true
		}
		s.rest(ctx, due, ok)
	}
}

func (s *Service) finishing() bool {
	select {
	case <-s.finish:
		return true
	default:
		return false
	}
}

// rest waits until something is due (if timed), or may be to do, or ctx ends.
func (s *Service) rest(ctx context.Context, due time.Duration, timed bool) {
	var alarm <-chan time.Time
	if timed {
		timer := time.NewTimer(due - s.now())
		defer timer.Stop()
		alarm = timer.C
	}
	select {
	case <-alarm:
	case <-s.outbox.wake:
	case <-ctx.Done():
	}
}
