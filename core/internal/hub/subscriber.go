package hub

import (
	"github.com/jackfield/jackfield/core/internal/frame"
	"github.com/jackfield/jackfield/core/internal/pusher"
)

// Sink takes whole frames for one connection. Send never blocks and keeps
// nothing of b.
type Sink interface {
	Send(b []byte)
}

// Terminator closes a connection whose user is to be disconnected. Terminate
// does not block.
type Terminator interface {
	Terminate()
}

// Subscriber is a connection as the hub sees it: where its frames go and in
// which order. It belongs to one app and one shard for its life.
type Subscriber struct {
	ID pusher.SocketID
	// Owner closes the connection; set before SignIn.
	Owner Terminator
	// Packs is set for a client that takes compressed frames; before the first Join.
	Packs bool
	sink  Sink
	log   *log
	// Only the worker touches these.
	pending []byte // collected for one write
	more    int    // bytes to be woven into pending
}

// NewSubscriber returns a subscriber of an app on a shard.
func (a *App) NewSubscriber(id pusher.SocketID, sink Sink, shard int) *Subscriber {
	return &Subscriber{ID: id, sink: sink, log: a.logs[shard]}
}

// Direct sends a frame to this subscriber alone, after all that stands before
// it in its log. The hub keeps frame; it must not change.
func (s *Subscriber) Direct(frame []byte) {
	sh := s.log.shard
	sh.mu.Lock()
	sh.append(s.log, entry{op: opDirect, sub: s, frame: frame, at: sh.hub.opts.Now()})
	sh.mu.Unlock()
}

// write sends whole frames now. Worker only.
func (s *Subscriber) write(b []byte, spent *budget) {
	if len(b) > 0 {
		s.sink.Send(b)
		spent.spend(len(b), int(frame.Count(b)))
	}
}

// Membership is one subscription of one subscriber.
type Membership struct {
	channel *Channel
	sub     *Subscriber
	user    *member

	// Only the worker touches these.
	index  int    // place in the list of its part
	gate   *gate  // while nothing may reach the subscriber
	cached uint64 // id of the cached event that it began with, until the next one comes
}

// Channel returns the name of the channel.
func (m *Membership) Channel() string { return m.channel.name }

// Kind returns what the channel's name says of it.
func (m *Membership) Kind() pusher.Channel { return m.channel.kind }

// UserID returns as whom the subscriber is a member, "" outside of presence channels.
func (m *Membership) UserID() string {
	if m.user == nil {
		return ""
	}
	return m.user.id
}

// Acknowledge puts the acknowledgement of the subscription in the subscriber's
// log once more; nobody else learns of it.
func (m *Membership) Acknowledge() {
	c := m.channel
	c.mu.Lock()
	defer c.mu.Unlock()
	m.sub.Direct(c.acknowledgement())
}
