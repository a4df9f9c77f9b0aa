package metrics

// counterSeries describes one name of the counters of an app. Series with labels
// of their own appear when they are first counted.
type counterSeries struct {
	name, help string
	labels     []string
	// each calls yield for every number of the series with the values of labels.
	each func(c *AppCounters, yield func(n *Count, values ...string))
}

// one is a series without labels of its own.
func one(name, help string, get func(*AppCounters) *Count) counterSeries {
	return counterSeries{name: name, help: help, each: func(c *AppCounters, yield func(*Count, ...string)) {
		yield(get(c))
	}}
}

// many is a series with one label, whose values are texts.
func many(name, help, label string, texts []string, get func(*AppCounters) []Count) counterSeries {
	return counterSeries{name: name, help: help, labels: []string{label}, each: func(c *AppCounters, yield func(*Count, ...string)) {
		counts := get(c)
		for i := range counts {
			yield(&counts[i], texts[i])
		}
	}}
}

// limits is a series by rate limit.
func limits(name, help string, get func(*AppCounters) []Count) counterSeries {
	return counterSeries{name: name, help: help, labels: []string{"limiter_type", "request_context"}, each: func(c *AppCounters, yield func(*Count, ...string)) {
		counts := get(c)
		for i := range counts {
			l := Limiter(i)
			yield(&counts[i], l.String(), l.context())
		}
	}}
}

// appCounters are all counters with the labels app_id and port. The names of
// the first group are those of older servers of this protocol and stay as they
// are, so that dashboards go on working.
var appCounters = []counterSeries{
	one("new_connections_total", "Connections that were opened.",
		func(c *AppCounters) *Count { return &c.Connected }),
	one("new_disconnections_total", "Connections that were closed.",
		func(c *AppCounters) *Count { return &c.Disconnected }),
	one("socket_received_bytes", "Bytes received from clients.",
		func(c *AppCounters) *Count { return &c.SocketReceivedBytes }),
	one("socket_transmitted_bytes", "Bytes sent to clients.",
		func(c *AppCounters) *Count { return &c.SocketTransmittedBytes }),
	one("ws_messages_received_total", "Messages received from clients.",
		func(c *AppCounters) *Count { return &c.WSMessagesReceived }),
	one("ws_messages_sent_total", "Messages sent to clients.",
		func(c *AppCounters) *Count { return &c.WSMessagesSent }),
	one("http_received_bytes", "Bytes of request bodies of the HTTP API.",
		func(c *AppCounters) *Count { return &c.HTTPReceivedBytes }),
	one("http_transmitted_bytes", "Bytes of response bodies of the HTTP API.",
		func(c *AppCounters) *Count { return &c.HTTPTransmittedBytes }),
	one("http_calls_received_total", "Calls of the HTTP API.",
		func(c *AppCounters) *Count { return &c.HTTPCalls }),
	many("connection_errors_total", "Connections refused or closed for a fault.",
		"error_type", errorTypeNames, func(c *AppCounters) []Count { return c.Errors[:] }),
	limits("rate_limit_checks_total", "Checks of a rate limit.",
		func(c *AppCounters) []Count { return c.LimitChecks[:] }),
	limits("rate_limit_triggered_total", "Checks of a rate limit that refused.",
		func(c *AppCounters) []Count { return c.LimitTriggered[:] }),
	many("channel_subscriptions_total", "Subscriptions to channels.",
		"channel_type", channelTypeNames, func(c *AppCounters) []Count { return c.Subscribed[:] }),
	many("channel_unsubscriptions_total", "Ended subscriptions to channels.",
		"channel_type", channelTypeNames, func(c *AppCounters) []Count { return c.Unsubscribed[:] }),

	many("client_events_total", "Client events by what became of them.",
		"outcome", eventOutcomeNames, func(c *AppCounters) []Count { return c.ClientEvents[:] }),
	many("auth_failures_total", "Signatures that were wrong or missing.",
		"surface", surfaceNames, func(c *AppCounters) []Count { return c.AuthFailures[:] }),
	one("slow_consumers_closed_total", "Connections closed because they did not read.",
		func(c *AppCounters) *Count { return &c.SlowClosed }),
	one("ignored_events_total", "Messages from clients with a reserved event name that means nothing.",
		func(c *AppCounters) *Count { return &c.IgnoredEvents }),
	one("published_messages_total", "Messages taken from the HTTP API, one per channel.",
		func(c *AppCounters) *Count { return &c.Published }),
	one("publish_refused_total", "Calls of the HTTP API refused because there was no room for their messages.",
		func(c *AppCounters) *Count { return &c.PublishRefused }),
	one("idempotency_publish_total", "Publishes with an idempotency key that were carried out.",
		func(c *AppCounters) *Count { return &c.IdempotentPublishes }),
	one("idempotency_duplicates_total", "Publishes with an idempotency key that had been carried out before.",
		func(c *AppCounters) *Count { return &c.IdempotentDuplicates }),
	many("webhook_events_total", "Events that a webhook wanted.",
		"type", webhookEventNames, func(c *AppCounters) []Count { return c.WebhookEvents[:] }),
	many("webhook_deliveries_total", "Webhook jobs by what became of them in the hands of this node.",
		"outcome", webhookOutcomeNames, func(c *AppCounters) []Count { return c.WebhookDeliveries[:] }),
}

// The names of everything else.
const (
	nameConnected       = "connected"
	nameActiveChannels  = "active_channels"
	namePresenceMembers = "presence_members"
	nameLogBytes        = "log_bytes"
	nameParkedBytes     = "parked_bytes"
	nameBroadcast       = "broadcast_latency_ms"
	nameDeliveryLag     = "delivery_lag_seconds"
	nameWebhookDelivery = "webhook_delivery_seconds"
	nameCacheHits       = "cache_hits_total"
	nameCacheMisses     = "cache_misses_total"
	nameCacheOperations = "cache_operations_total"
)
