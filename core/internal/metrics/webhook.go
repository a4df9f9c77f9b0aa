package metrics

import "time"

// WebhookEvent is a kind of event that webhooks tell of.
type WebhookEvent uint8

// The kinds of events of webhooks.
const (
	WebhookOccupied WebhookEvent = iota
	WebhookVacated
	WebhookMemberAdded
	WebhookMemberRemoved
	WebhookClientEvent
	WebhookCacheMiss
	WebhookSubscriptionCount
	WebhookUserSignedIn
	WebhookUserSignedOut
	WebhookConnectionOpened
	WebhookConnectionClosed
	webhookEvents
)

var webhookEventNames = []string{
	"channel_occupied", "channel_vacated", "member_added", "member_removed", "client_event", "cache_miss",
	"subscription_count", "user_signed_in", "user_signed_out", "connection_opened", "connection_closed",
}

// String returns the event's name in requests and in an app's settings.
func (e WebhookEvent) String() string { return webhookEventNames[e] }

// ParseWebhookEvent returns the kind with this name, false if there is none.
func ParseWebhookEvent(name string) (WebhookEvent, bool) {
	for i, n := range webhookEventNames {
		if n == name {
			return WebhookEvent(i), true
		}
	}
	return 0, false
}

// WebhookOutcome is what became of a job of a webhook in the hands of this node.
type WebhookOutcome uint8

// The outcomes of webhook jobs.
const (
	WebhookDelivered WebhookOutcome = iota // answered with 2xx
	WebhookRetried                         // failed, goes back to the queue
	WebhookDeferred                        // not tried, for its receiver fails or is busy; goes back to the queue
	WebhookDead                            // given up: a dead letter
	webhookOutcomes
)

var webhookOutcomeNames = []string{"delivered", "retried", "deferred", "dead"}

// String returns the value of the label outcome.
func (o WebhookOutcome) String() string { return webhookOutcomeNames[o] }

// deliveryBounds reach to the longest usual request timeout and beyond.
var deliveryBounds = []time.Duration{
	5 * time.Millisecond, 10 * time.Millisecond, 25 * time.Millisecond, 50 * time.Millisecond,
	100 * time.Millisecond, 250 * time.Millisecond, 500 * time.Millisecond, time.Second,
	2500 * time.Millisecond, 5 * time.Second, 10 * time.Second, 30 * time.Second,
}
