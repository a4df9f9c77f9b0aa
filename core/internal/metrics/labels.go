package metrics

import (
	"slices"

	"github.com/jackfield/jackfield/core/internal/pusher"
)

// ChannelType is the label channel_type.
type ChannelType uint8

// The types of channels. Each class but the last exists with and without a cache.
const (
	Public ChannelType = iota
	PublicCache
	Private
	PrivateCache
	Encrypted
	EncryptedCache
	Presence
	PresenceCache
	User
	channelTypes
)

var channelTypeNames = []string{
	"public", "cache",
	"private", "private-cache",
	"private-encrypted", "private-encrypted-cache",
	"presence", "presence-cache",
	"server-to-user",
}

// TypeOf returns the type of a channel.
func TypeOf(ch pusher.Channel) ChannelType {
	t := 2 * ChannelType(ch.Class)
	if ch.Cache {
		t++
	}
	return t
}

// ParseChannelType returns the type with this text, which is that of
// pusher.Channel.TypeLabel; false if there is none.
func ParseChannelType(label string) (ChannelType, bool) {
	i := slices.Index(channelTypeNames, label)
	return ChannelType(max(i, 0)), i >= 0
}

// String returns the text of the label.
func (t ChannelType) String() string { return channelTypeNames[t] }

// ErrorType is the label error_type: why a connection was refused or closed for a fault.
type ErrorType uint8

// The faults of connections.
const (
	ErrAppNotFound ErrorType = iota
	ErrAppDisabled
	ErrAppUnavailable // the app store could not be asked
	ErrTLSRequired
	ErrOriginNotAllowed
	ErrProtocol // unsupported or unreadable protocol version
	ErrOverQuota
	ErrOverCapacity
	ErrDraining
	ErrAuthentication
	ErrInvalidMessage
	ErrMissingEventName
	ErrBinaryMessage
	ErrMessageTooBig
	ErrPongTimeout
	ErrSocket
	errorTypes
)

var errorTypeNames = []string{
	"app_not_found", "app_disabled", "app_unavailable", "tls_required",
	"origin_not_allowed", "unsupported_protocol", "over_quota", "over_capacity",
	"draining", "authentication_failed", "invalid_message_format",
	"missing_event_name", "binary_message", "message_too_big", "pong_timeout",
	"socket_handling_failed",
}

// String returns the text of the label.
func (t ErrorType) String() string { return errorTypeNames[t] }

// EventOutcome is the label outcome of client events.
type EventOutcome uint8

// What becomes of a client event.
const (
	EventAccepted  EventOutcome = iota
	EventInvalid                // name, size or form
	EventForbidden              // switched off, wrong channel, or the sender is not subscribed
	EventRateLimited
	EventOverloaded // no room in the logs
	eventOutcomes
)

var eventOutcomeNames = []string{"accepted", "invalid", "forbidden", "rate_limited", "overloaded"}

// String returns the text of the label.
func (o EventOutcome) String() string { return eventOutcomeNames[o] }

// Surface is the label surface: where a signature was checked and failed.
type Surface uint8

// The places where signatures are checked.
const (
	SurfaceHTTP Surface = iota
	SurfaceSubscribe
	SurfaceSignin
	surfaces
)

var surfaceNames = []string{"http", "subscribe", "signin"}

// String returns the text of the label.
func (s Surface) String() string { return surfaceNames[s] }

// Limiter names a rate limit: the labels limiter_type and request_context.
type Limiter uint8

// The rate limits. The two per address belong to no app: count them on App("").
const (
	LimitBackendEvents Limiter = iota
	LimitReadRequests
	LimitClientEvents
	LimitMessages
	LimitHTTPAddress
	LimitUpgradeAddress
	limiters
)

var limiterNames = []string{
	"backend_events", "read_requests", "client_events", "messages",
	"api", "websocket_connect",
}

// String returns the text of the label limiter_type.
func (l Limiter) String() string { return limiterNames[l] }

// context returns the text of the label request_context.
func (l Limiter) context() string {
	switch l {
	case LimitClientEvents, LimitMessages, LimitUpgradeAddress:
		return "websocket"
	default:
		return "http"
	}
}
