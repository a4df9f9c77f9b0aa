package rest

import (
	"context"
	"time"

	"github.com/jackfield/jackfield/core/internal/apps"
	"github.com/jackfield/jackfield/core/internal/hub"
	"github.com/jackfield/jackfield/core/internal/idempotency"
	"github.com/jackfield/jackfield/core/internal/metrics"
	"github.com/jackfield/jackfield/sdk/contract"
)

// Apps finds apps, as apps.Registry does.
type Apps interface {
	// ByID returns the app, apps.ErrUnknown or apps.ErrUnavailable.
	ByID(ctx context.Context, id string) (*apps.Handle, error)
}

// Publisher brings messages to subscribers.
type Publisher interface {
	// Publish takes all messages or none; hub.ErrFull means that there was no
	// room for them. It keeps the frames but not the slice.
	Publish(ctx context.Context, appID string, msgs []hub.Message) error
}

// Occupancy knows who is subscribed.
type Occupancy interface {
	// Channels returns the occupied channels whose names begin with prefix.
	Channels(appID, prefix string) []hub.ChannelInfo
	// Channel returns one channel, false if it is vacated.
	Channel(appID, name string) (hub.ChannelInfo, bool)
	// Users returns the ids of the users of a presence channel.
	Users(appID, name string) []string
}

// Connections knows the connections of apps.
type Connections interface {
	// Connections is how many an app has.
	Connections(appID string) int
	// Terminate closes those of a user who has signed in.
	Terminate(appID, userID string)
}

// ChannelCache keeps the last events of cache channels.
type ChannelCache interface {
	// Cached returns the data of the last event as a JSON string and how long it
	// stays; false if there is none.
	Cached(ctx context.Context, appID, channel string) (data []byte, ttl time.Duration, ok bool, err error)
}

// Counters gives the counters of an app, as metrics.Registry does.
type Counters interface {
	App(appID string) *metrics.AppCounters
}

// Options of a Server. Those of the first group are required.
type Options struct {
	Apps        Apps
	Publisher   Publisher
	Occupancy   Occupancy
	Connections Connections
	Counters    Counters

	// Repeats remembers publishes with an idempotency key of at most
	// MaxIdempotencyKey bytes; nil means that such keys have no effect.
	Repeats           *idempotency.Ledger
	MaxIdempotencyKey int
	// Cache answers info=cache; nil means that there never is a cached event.
	Cache ChannelCache

	// PathPrefix is a prefix that requests may carry before all paths, "" or as in
	// "/pusher". Requests without it are served too.
	PathPrefix string
	// BodyLimit is the largest body in bytes; 0 means 10 MiB.
	BodyLimit int64
	// Limiter keeps the limits per app; nil means that they are not enforced.
	Limiter contract.RateLimiter
	// Address limits calls of /apps by the address of the caller; the zero value
	// does not.
	Address AddressLimit
	CORS    CORS

	// Checks are what /up looks at.
	Checks []Check
	// CheckTimeout bounds all checks together; 0 means 2 seconds.
	CheckTimeout time.Duration
	// Draining tells that the server is going away; nil means never.
	Draining func() bool
	// Usage switches /usage on.
	Usage bool

	// Now is wall time, for signatures; nil means time.Now.
	Now func() time.Time
}

// AddressLimit allows so many requests per window to an address.
type AddressLimit struct {
	// Limiter counts; nil switches the limit off.
	Limiter  contract.RateLimiter
	Requests uint32
	Window   time.Duration
	// TrustHops is the number of proxies whose entries in X-Forwarded-For count.
	TrustHops int
}

// CORS says which pages of browsers may call the API. No Origins: none.
type CORS struct {
	// Origins are patterns as in the allowed origins of an app.
	Origins []string
	Methods []string
	Headers []string
	// Credentials has no effect if Origins holds "*".
	Credentials bool
}

// Check is one part of the health of the server.
type Check struct {
	// Name is shown to whoever asks.
	Name string
	// Critical makes the server unfit for service when Run fails.
	Critical bool
	// Run returns nil if all is well. It must return when ctx ends.
	Run func(ctx context.Context) error
}

const defaultBodyLimit = 10 << 20
