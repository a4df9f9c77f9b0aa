package metrics

import (
	"sync/atomic"
	"time"
)

// Count is a number that only grows.
type Count = atomic.Uint64

// AppCounters are the counters of one app. All fields may be added to at any
// time by anybody.
type AppCounters struct {
	// Connections.
	Connected    Count
	Disconnected Count
	Errors       [errorTypes]Count
	// SlowClosed counts connections closed because they did not read.
	SlowClosed   Count
	AuthFailures [surfaces]Count

	_ [64]byte // readers and writers of sockets do not share a cache line

	// From clients.
	SocketReceivedBytes Count
	WSMessagesReceived  Count
	ClientEvents        [eventOutcomes]Count
	// IgnoredEvents counts frames with a reserved event name that means nothing.
	IgnoredEvents Count
	Subscribed    [channelTypes]Count
	Unsubscribed  [channelTypes]Count

	_ [64]byte

	// To clients.
	SocketTransmittedBytes Count
	WSMessagesSent         Count

	_ [64]byte

	// HTTP API. Bytes are those of bodies.
	HTTPReceivedBytes    Count
	HTTPTransmittedBytes Count
	HTTPCalls            Count
	// Published counts messages (one per channel) that the HTTP API handed over;
	// PublishRefused those refused because there was no room.
	Published      Count
	PublishRefused Count
	// IdempotentPublishes counts publishes with an idempotency key that were
	// carried out, IdempotentDuplicates those that had been before.
	IdempotentPublishes  Count
	IdempotentDuplicates Count

	// Webhooks.
	WebhookEvents     [webhookEvents]Count
	WebhookDeliveries [webhookOutcomes]Count

	LimitChecks    [limiters]Count
	LimitTriggered [limiters]Count

	broadcasts [channelTypes][recipientBuckets]atomic.Pointer[Histogram]

	touched atomic.Bool // App was called since the last scrape

	seenTotal uint64    // guarded by the registry's lock: the sum at the last scrape,
	seenAt    time.Time // and when the app was last seen in use
}

// ObserveBroadcast records how long one message of a channel of the given type
// took from being appended to being written to all of its recipients.
func (c *AppCounters) ObserveBroadcast(t ChannelType, recipients int, took time.Duration) {
	slot := &c.broadcasts[t][recipientBucket(recipients)]
	h := slot.Load()
	if h == nil {
		slot.CompareAndSwap(nil, newHistogram(broadcastBounds))
		h = slot.Load()
	}
	h.Observe(took)
}

// Limited records one check of a rate limit and its answer.
func (c *AppCounters) Limited(l Limiter, allowed bool) {
	c.LimitChecks[l].Add(1)
	if !allowed {
		c.LimitTriggered[l].Add(1)
	}
}

const recipientBuckets = 5

var recipientBucketNames = []string{"xs", "sm", "md", "lg", "xl"}

// recipientBucket sorts numbers of recipients by their power of ten: up to 10,
// 100, 1 000, 10 000, more.
func recipientBucket(n int) int {
	b := 0
	for limit := 10; n > limit && b < recipientBuckets-1; limit *= 10 {
		b++
	}
	return b
}
