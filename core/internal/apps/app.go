package apps

import (
	"time"

	"github.com/jackfield/jackfield/core/internal/pusher"
	"github.com/jackfield/jackfield/sdk/contract"
)

// App is one app as it is at some revision. It never changes.
type App struct {
	// Record is what the store has.
	Record *contract.App
	// Limits are those of the app with the server's settings filled in.
	Limits Limits
	// Signers hold the live secrets, newest first.
	Signers pusher.Signers
	// Gone is set once the store no longer has the app.
	Gone bool

	origins Origins
}

// Usable reports whether clients and back ends of the app are served at all.
func (a *App) Usable() bool { return !a.Gone && a.Record.Enabled }

// AllowsOrigin reports whether a client with this Origin header, "" if it has
// none, may connect.
func (a *App) AllowsOrigin(origin string) bool { return a.origins.Allow(origin) }

// Limits of an app or, as Options.Defaults, of the server. 0 means unlimited.
type Limits struct {
	MaxConnections            int
	BackendEventsPerSecond    int
	ReadRequestsPerSecond     int
	ClientEventsPerWindow     int           // per connection
	ClientEventWindow         time.Duration // never 0 in an App
	TerminateOnLimit          bool          // close a connection that sends too many client events
	PresenceMembersPerChannel int
	PresenceMemberBytes       int
	ChannelNameLength         int
	ChannelsPerEvent          int
	EventNameLength           int
	EventBytes                int
	BatchSize                 int
	ChannelsPerConnection     int
	// Messages bounds all inbound messages of a connection; MaxAttempts 0 means unlimited.
	Messages MessageLimit
}

// MessageLimit bounds the messages of a connection within a window.
type MessageLimit struct {
	MaxAttempts      int
	Window           time.Duration
	TerminateOnLimit bool
}

const kilobyte = 1024

// resolve returns the limits of an app: its own where it says something, else
// those of the server.
func (d Limits) resolve(own *contract.Limits) Limits {
	l := d
	set := func(field *int, value *uint32, unit int) {
		if value != nil {
			*field = int(*value) * unit
		}
	}
	set(&l.MaxConnections, own.MaxConnections, 1)
	set(&l.BackendEventsPerSecond, own.MaxBackendEventsPerSecond, 1)
	set(&l.ReadRequestsPerSecond, own.MaxReadRequestsPerSecond, 1)
	set(&l.ClientEventsPerWindow, own.MaxClientEventsPerSecond, 1)
	set(&l.PresenceMembersPerChannel, own.MaxPresenceMembersPerChan, 1)
	set(&l.PresenceMemberBytes, own.MaxPresenceMemberSizeInKB, kilobyte)
	set(&l.ChannelNameLength, own.MaxChannelNameLength, 1)
	set(&l.ChannelsPerEvent, own.MaxEventChannelsAtOnce, 1)
	set(&l.EventNameLength, own.MaxEventNameLength, 1)
	set(&l.EventBytes, own.MaxEventPayloadInKB, kilobyte)
	set(&l.BatchSize, own.MaxEventBatchSize, 1)
	set(&l.ChannelsPerConnection, own.MaxChannelsPerConnection, 1)
	l.TerminateOnLimit = own.TerminateOnLimit || d.TerminateOnLimit
	if own.DecaySeconds != nil {
		l.ClientEventWindow = seconds(*own.DecaySeconds)
	}
	if l.ClientEventWindow <= 0 {
		l.ClientEventWindow = time.Second
	}
	if own.MessageRateLimit != nil {
		l.Messages = messageLimit(own.MessageRateLimit)
	}
	return l
}

func messageLimit(m *contract.MessageRateLimit) MessageLimit {
	if !m.Enabled {
		return MessageLimit{}
	}
	return MessageLimit{
		MaxAttempts:      int(m.MaxAttempts),
		Window:           max(seconds(m.DecaySeconds), time.Second),
		TerminateOnLimit: m.TerminateOnLimit,
	}
}

func seconds(n uint32) time.Duration { return time.Duration(n) * time.Second }
