package webhook

import "time"

// fact names what comes and goes: a channel, or a user in it.
type fact struct {
	app, channel, user string
}

// leave is what is told unless it is taken back.
type leave struct {
	kind Type
	plan *plan // of the time when it happened, for an app that is no longer held
}

// leaveDelay is that of the Pusher protocol: a channel or user that is back
// within it was never gone.
const leaveDelay = 3 * time.Second

// maxLeaves bounds what is delayed; above, the oldest are told early.
const maxLeaves = 1 << 18

// came tells e, unless it takes back a delayed opposite.
func (s *Sink) came(e event, opposite Type, appID string) {
	p := s.concerned(e, opposite, appID)
	if p == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.leaves.Cancel(fact{appID, e.channel, e.userID}) {
		s.outbox.add(p, e)
	}
}

// went delays e.
func (s *Sink) went(e event, opposite Type, appID string) {
	p := s.concerned(e, opposite, appID)
	if p == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		s.outbox.add(p, e)
		return
	}
	if s.leaves.Len() >= maxLeaves {
		s.fireFirst()
	}
	s.leaves.Add(fact{appID, e.channel, e.userID}, leave{e.kind, p}, s.now())
	if s.leaves.Len() == 1 {
		s.outbox.poke()
	}
}

// concerned returns the plan if anybody wants e or its opposite, for one takes
// back the other. Channels of the server itself are nobody's business.
func (s *Sink) concerned(e event, opposite Type, appID string) *plan {
	p := s.plan(appID)
	if p == nil || !p.wants.has(e.kind) && !p.wants.has(opposite) || e.channel[:min(len(e.channel), 1)] == "#" {
		return nil
	}
	return p
}

// fire tells everything whose delay has ended, and returns when the next one ends.
func (s *Sink) fire(now time.Duration) (next time.Duration, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		next, ok = s.leaves.Next()
		if !ok || next > now {
			return next, ok
		}
		s.fireFirst()
	}
}

func (s *Sink) fireFirst() {
	f, l := s.leaves.Pop()
	p := s.plan(f.app)
	if p == nil && s.held(f.app) == nil {
		p = l.plan
	}
	if p != nil {
		s.outbox.add(p, event{kind: l.kind, channel: f.channel, userID: f.user})
	}
}

// close tells everything that is delayed now, and from now on at once.
func (s *Sink) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for s.leaves.Len() > 0 {
		s.fireFirst()
	}
}
