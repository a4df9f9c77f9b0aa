package webhook

import (
	"sync"
	"time"

	"github.com/jackfield/jackfield/core/internal/apps"
	"github.com/jackfield/jackfield/core/internal/delay"
	"github.com/jackfield/jackfield/core/internal/metrics"
)

// Sink takes events from the parts of the server where they happen. Its methods
// never block, call nothing back, and keep the order of the calls for each app,
// webhook and channel; all may be called at the same time and under any lock.
// An event that no webhook of its app wants costs a look-up. A nil Sink takes
// nothing: that is the one of a server without webhooks.
type Sink struct {
	held   func(appID string) *apps.Handle
	now    func() time.Duration // monotonic
	outbox *outbox

	plans sync.Map // app id -> *plan

	mu     sync.Mutex
	leaves *delay.Row[fact, leave] // vacated and removed that may still be taken back
	closed bool                    // nothing is delayed any more
}

func newSink(held func(string) *apps.Handle, now func() time.Duration, out *outbox) *Sink {
	return &Sink{held: held, now: now, outbox: out, leaves: delay.NewRow[fact, leave](leaveDelay)}
}

// Wants reports whether any webhook of an app wants events of a type, so that
// callers can spare themselves the preparation.
func (s *Sink) Wants(appID string, t Type) bool {
	p := s.plan(appID)
	return p != nil && p.wants.has(t)
}

// Occupied tells that a channel has its first subscriber. Right after Vacated
// neither of the two is sent.
func (s *Sink) Occupied(appID, channel string) {
	s.came(event{kind: metrics.WebhookOccupied, channel: channel}, metrics.WebhookVacated, appID)
}

// Vacated tells that a channel lost its last subscriber. It is sent after a
// delay, unless the channel is occupied again meanwhile.
func (s *Sink) Vacated(appID, channel string) {
	s.went(event{kind: metrics.WebhookVacated, channel: channel}, metrics.WebhookOccupied, appID)
}

// MemberAdded tells that a user came into a presence channel with the first of
// their connections.
func (s *Sink) MemberAdded(appID, channel, userID string) {
	s.came(event{kind: metrics.WebhookMemberAdded, channel: channel, userID: userID}, metrics.WebhookMemberRemoved, appID)
}

// MemberRemoved tells that a user's last connection left a presence channel. It
// is sent after a delay, unless the user is back meanwhile.
func (s *Sink) MemberRemoved(appID, channel, userID string) {
	s.went(event{kind: metrics.WebhookMemberRemoved, channel: channel, userID: userID}, metrics.WebhookMemberAdded, appID)
}

// ClientEvent tells of an accepted client event. data is the text of the data, or
// its JSON if it is no text; userID is "" but on presence channels.
func (s *Sink) ClientEvent(appID, channel, name, data, socketID, userID string) {
	s.tell(appID, event{
		kind: metrics.WebhookClientEvent, channel: channel, name: name, data: data, socketID: socketID, userID: userID,
	})
}

// CacheMiss tells that a subscriber of a cache channel found no event. The caller
// joins misses that come close together.
func (s *Sink) CacheMiss(appID, channel string) {
	s.tell(appID, event{kind: metrics.WebhookCacheMiss, channel: channel})
}

// SubscriptionCount tells that a channel has n subscriptions now.
func (s *Sink) SubscriptionCount(appID, channel string, n int) {
	s.tell(appID, event{kind: metrics.WebhookSubscriptionCount, channel: channel, count: n})
}

// UserSignedIn tells that a user signed in with the first of their connections.
func (s *Sink) UserSignedIn(appID, userID string) {
	s.tell(appID, event{kind: metrics.WebhookUserSignedIn, userID: userID})
}

// UserSignedOut tells that the last connection of a user who signed in is gone.
func (s *Sink) UserSignedOut(appID, userID string) {
	s.tell(appID, event{kind: metrics.WebhookUserSignedOut, userID: userID})
}

// ConnectionOpened tells of a new connection.
func (s *Sink) ConnectionOpened(appID, socketID string) {
	s.tell(appID, event{kind: metrics.WebhookConnectionOpened, socketID: socketID})
}

// ConnectionClosed tells that a connection is gone.
func (s *Sink) ConnectionClosed(appID string, c Closed) {
	s.tell(appID, event{kind: metrics.WebhookConnectionClosed, socketID: c.SocketID, userID: c.UserID, closed: &c})
}

// plan returns what an app wants, nil if nothing. An app that is not held has
// no connections and so no events.
func (s *Sink) plan(appID string) *plan {
	if s == nil {
		return nil
	}
	h := s.held(appID)
	if h == nil {
		return nil
	}
	app := h.Load()
	if len(app.Record.Webhooks) == 0 {
		return nil
	}
	return s.planOf(app)
}

// planOf returns the prepared webhooks of an app.
func (s *Sink) planOf(app *apps.App) *plan {
	record := app.Record
	if p, ok := s.plans.Load(record.ID); ok && p.(*plan).record == record {
		return p.(*plan)
	}
	p := newPlan(record)
	s.plans.Store(record.ID, p)
	return p
}

// tell passes an event on at once.
func (s *Sink) tell(appID string, e event) {
	if p := s.plan(appID); p != nil && p.wants.has(e.kind) {
		s.outbox.add(p, e)
	}
}
