package session

import (
	"sync/atomic"
	"time"

	"github.com/jackfield/jackfield/core/internal/apps"
	"github.com/jackfield/jackfield/core/internal/frame"
	"github.com/jackfield/jackfield/core/internal/hub"
	"github.com/jackfield/jackfield/core/internal/limit"
	"github.com/jackfield/jackfield/core/internal/metrics"
	"github.com/jackfield/jackfield/core/internal/pusher"
	"github.com/jackfield/jackfield/core/internal/ws"
)

// maxBadFrames is how many unreadable frames in a row end a connection.
const maxBadFrames = 10

// Session is one connection of a client. Its reader calls Frame, Alive and Gone,
// any writer Overflow; everything else runs on the worker of its shard.
type Session struct {
	conn     *ws.Conn
	server   *Server
	inbox    *inbox
	app      *apps.Handle
	tenant   *hub.App
	sub      *hub.Subscriber
	counters *metrics.AppCounters

	seen    atomic.Int64 // server.clock when something last came in
	closing atomic.Bool
	code    atomic.Uint32 // with which we closed; 0: the client did
	opened  time.Duration // Options.Now

	queued queued // guarded by inbox.mu

	// Only the worker touches these.
	place    wheelPlace
	pinged   int64 // second of the last ping
	bad      uint8
	members  []*hub.Membership
	user     *user // nil until the client has signed in
	guest    bool  // does not count to the quota yet
	deadline deadlines
	opening  *hub.Membership // waits for the last event of its channel
	waits    *wait           // for the cluster
	again    bool            // the frame is to be handled once more after waits
	repeats  bool            // and the next one is that frame
	later    []item          // frames that came meanwhile
	events   limit.Bucket
	messages limit.Bucket
}

var _ ws.Owner = (*Session)(nil)

// Frame puts a message into the inbox; it waits while the worker is behind.
func (s *Session) Frame(m ws.Message) {
	s.Alive()
	s.counters.WSMessagesReceived.Add(1)
	s.counters.SocketReceivedBytes.Add(uint64(len(m.Bytes())))
	s.inbox.push(s, m)
}

// Alive notes that the client is there.
func (s *Session) Alive() { s.seen.Store(s.server.clock.Load()) }

// Gone ends the session.
func (s *Session) Gone() { s.inbox.post(item{kind: itemGone, session: s}) }

// Overflow closes a client that does not read.
func (s *Session) Overflow() {
	s.counters.SlowClosed.Add(1)
	s.fail(pusher.CodeOverCapacity, "You read too slowly: too much is waiting for you")
}

// fail sends an error frame and closes with the same code. Any goroutine may
// call it; only the first call counts.
func (s *Session) fail(code pusher.Code, message string) {
	if s.closing.Swap(true) {
		return
	}
	s.code.Store(uint32(code))
	failConn(s.conn, code, message)
}

func failConn(c *ws.Conn, code pusher.Code, message string) {
	last := frame.AppendText(nil, pusher.AppendError(nil, code, message))
	c.CloseWith(last, uint16(code), message)
}

// say sends a frame to this client, after all that was said before.
func (s *Session) say(payload []byte) {
	s.sub.Direct(frame.AppendText(nil, payload))
}

// complain sends an error frame that ends nothing.
func (s *Session) complain(e *pusher.Error) {
	s.say(pusher.AppendError(nil, e.Code, e.Message))
}

// end lets go of everything that the session holds.
func (s *Session) end() {
	s.closing.Store(true)
	broken := s.broken()
	for _, m := range s.members {
		s.counters.Unsubscribed[ChannelType(m.Kind())].Add(1)
		if broken {
			m.Lose()
		} else {
			m.Leave()
		}
	}
	s.members, s.opening = nil, nil
	s.stopWaiting()
	for _, it := range s.later {
		it.frame.Close()
	}
	s.later = nil
	s.signOut()
	s.counters.Disconnected.Add(1)
	if s.conn.ClosedWith() == closeTooBig {
		s.counters.Errors[metrics.ErrMessageTooBig].Add(1)
	}
	s.tellClosed()
	s.tenant.Dismiss(s.guest)
	if !s.guest {
		s.server.giveBack(s.tenant.ID)
	}
	s.server.part(s.app)
	s.server.open.Add(-1)
}

// closeTooBig is the code with which ws closes over a message that is too big.
const closeTooBig = 1009

// broken reports whether the connection ended in a way after which clients try
// to come back: without a word of the client, or for our sake.
func (s *Session) broken() bool {
	switch code := pusher.Code(s.code.Load()); code {
	case pusher.NoCode:
		return !s.conn.Left()
	default:
		return code.Retry() != pusher.RetryNever
	}
}

// appChanged closes the session if its app may no longer be used.
func (s *Session) appChanged(h *apps.Handle) {
	if s.app != h {
		return
	}
	switch app := h.Load(); {
	case app.Gone:
		s.fail(pusher.CodeUnknownApp, pusher.CodeUnknownApp.Text())
	case !app.Record.Enabled:
		s.fail(pusher.CodeAppDisabled, pusher.CodeAppDisabled.Text())
	}
}

// find returns the membership in a channel, or nil.
func (s *Session) find(channel string) *hub.Membership {
	for _, m := range s.members {
		if m.Channel() == channel {
			return m
		}
	}
	return nil
}

// ChannelType is the label of a channel.
func ChannelType(c pusher.Channel) metrics.ChannelType {
	t := metrics.ChannelType(c.Class) * 2
	if c.Cache && c.Class != pusher.User {
		t++
	}
	return t
}
