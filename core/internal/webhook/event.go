package webhook

import (
	"strconv"
	"time"

	"github.com/jackfield/jackfield/core/internal/metrics"
	"github.com/jackfield/jackfield/core/internal/pusher"
)

// Type is a kind of event; its text is the event's name in requests and in an
// app's event_types.
type Type = metrics.WebhookEvent

// event is one fact, in the words of its kind; fields that it has not are empty.
type event struct {
	kind     Type
	channel  string
	userID   string
	socketID string
	name     string // client_event
	data     string // client_event
	count    int    // subscription_count
	closed   *Closed
}

// Closed tells how a connection ended.
type Closed struct {
	SocketID string
	// UserID is "" unless the user signed in.
	UserID string
	// Code is the code of the close frame that was sent, or came from the
	// client; 0 if there was none.
	Code int
	// Lasted is how long the connection was open.
	Lasted time.Duration
}

// appendJSON appends the event as an object of the request's list. All values
// are texts but counts, codes and durations: receivers decode them so.
func (e *event) appendJSON(dst []byte) []byte {
	dst = append(dst, `{"name":`...)
	dst = pusher.AppendQuoted(dst, e.kind.String())
	dst = appendField(dst, `,"channel":`, e.channel)
	dst = appendField(dst, `,"event":`, e.name)
	if e.kind == metrics.WebhookClientEvent {
		dst = append(dst, `,"data":`...)
		dst = pusher.AppendQuoted(dst, e.data)
	}
	dst = appendField(dst, `,"socket_id":`, e.socketID)
	dst = appendField(dst, `,"user_id":`, e.userID)
	if e.kind == metrics.WebhookSubscriptionCount {
		dst = append(dst, `,"subscription_count":`...)
		dst = strconv.AppendInt(dst, int64(e.count), 10)
	}
	if e.closed != nil {
		dst = append(dst, `,"code":`...)
		dst = strconv.AppendInt(dst, int64(e.closed.Code), 10)
		dst = append(dst, `,"duration_ms":`...)
		dst = strconv.AppendInt(dst, e.closed.Lasted.Milliseconds(), 10)
	}
	return append(dst, '}')
}

// appendField appends a field unless it is empty.
func appendField(dst []byte, key, value string) []byte {
	if value == "" {
		return dst
	}
	return pusher.AppendQuoted(append(dst, key...), value)
}

// subject is what the order of events is kept for: the channel, or for events
// without one the user or the connection. Neither can be mistaken for a channel.
func (e *event) subject() string {
	switch {
	case e.channel != "":
		return e.channel
	case e.kind == metrics.WebhookUserSignedIn, e.kind == metrics.WebhookUserSignedOut:
		return "user:" + e.userID
	default:
		return "socket:" + e.socketID
	}
}
