package session

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/jackfield/jackfield/core/internal/pusher"
)

// drainStep is the time between two helpings of closes.
const drainStep = 20 * time.Millisecond

// Drain refuses new connections and closes all sessions with code 4200, which
// tells clients to connect again at once, in random order and spread over the
// given time. It returns when all are gone or ctx ends.
func (s *Server) Drain(ctx context.Context, spread time.Duration) {
	s.draining.Store(true)
	all := s.sessions()
	rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	steps := max(int(spread/drainStep), 1)
	helping := max((len(all)+steps-1)/steps, 1)
	tick := time.NewTicker(drainStep)
	defer tick.Stop()
	for len(all) > 0 || s.Sessions() > 0 {
		for _, session := range all[:min(helping, len(all))] {
			session.fail(pusher.CodeReconnect, pusher.CodeReconnect.Text())
		}
		all = all[min(helping, len(all)):]
		if len(all) == 0 && s.Sessions() > 0 {
			all = s.sessions() // late comers
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			s.kill()
			return
		}
	}
}

// Shed closes the n sessions that have most parked, of those that have anything
// parked, as clients that read too slowly. It returns how many it closed.
func (s *Server) Shed(n int) int {
	type slow struct {
		session *Session
		parked  int
	}
	var all []slow
	for _, session := range s.sessions() {
		if parked := session.conn.Parked(); parked > 0 {
			all = append(all, slow{session, parked})
		}
	}
	slices.SortFunc(all, func(a, b slow) int { return b.parked - a.parked })
	all = all[:min(n, len(all))]
	for _, c := range all {
		c.session.Overflow()
	}
	return len(all)
}

// Parked returns the bytes that wait for slow clients, by app; apps that have
// none are left out.
func (s *Server) Parked() map[string]int64 {
	parked := map[string]int64{}
	for _, session := range s.sessions() {
		if n := session.conn.Parked(); n > 0 {
			parked[session.tenant.ID] += int64(n)
		}
	}
	return parked
}

// kill closes the descriptors of all sessions.
func (s *Server) kill() {
	for _, session := range s.sessions() {
		session.conn.Kill()
	}
}

// sessions asks every worker for its sessions; one that was stopped has none.
func (s *Server) sessions() []*Session {
	lists := make(chan []*Session, len(s.inboxes))
	for _, in := range s.inboxes {
		in.ask(lists)
	}
	var all []*Session
	for range s.inboxes {
		all = append(all, <-lists...)
	}
	return all
}
