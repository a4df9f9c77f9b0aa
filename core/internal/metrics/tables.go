package metrics

import (
	"context"

	"github.com/jackfield/jackfield/sdk/contract"
)

// Tables are the live tables that gauges are counted from.
type Tables interface {
	// EachApp calls yield once for every app that has anything to count now.
	EachApp(yield func(appID string, g AppGauges))
}

// AppGauges is the state of one app at this moment, on this node.
type AppGauges struct {
	// Connected is the number of open connections.
	Connected int
	// ActiveChannels counts occupied channels by type.
	ActiveChannels [channelTypes]int
	// PresenceMembers counts users over all presence channels.
	PresenceMembers int
	// LogBytes wait in the logs to be delivered, ParkedBytes on connections that
	// do not read fast enough.
	LogBytes, ParkedBytes int64
}

// SampleSource gives series that others count, such as the plugins. Names come
// without the prefix. It is asked at the scrape and must return when ctx ends.
type SampleSource interface {
	Samples(ctx context.Context) []contract.Sample
}

// SampleFunc is a function that is a SampleSource.
type SampleFunc func(ctx context.Context) []contract.Sample

// Samples calls f.
func (f SampleFunc) Samples(ctx context.Context) []contract.Sample { return f(ctx) }
