package core

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/jackfield/jackfield/core/internal/admin"
	"github.com/jackfield/jackfield/core/internal/directory"
	"github.com/jackfield/jackfield/core/internal/hub"
	"github.com/jackfield/jackfield/core/internal/metrics"
	"github.com/jackfield/jackfield/core/internal/watchlist"
	"github.com/jackfield/jackfield/core/internal/webhook"
	"github.com/jackfield/jackfield/sdk/contract"
)

// buildWebhooks makes the service of webhooks, if there is a queue for its jobs.
func (s *server) buildWebhooks() {
	var queue contract.Queue
	if s.host != nil {
		queue = s.host.Queue()
	}
	if queue == nil {
		s.tellWebhooksOff()
		return
	}
	s.tellUnknownEvents()
	s.tellNoOrder()
	w, reliability := s.cfg.Webhooks, s.cfg.Queue.Reliability
	s.webhooks = webhook.New(webhook.Options{
		Queue: queue, Apps: s.apps, Counters: s.metrics.App, Requests: s.metrics.NewWebhookDelivery(),
		Logger: s.log.Named("webhook"), Node: s.node,
		Batching:       webhook.Batching{Enabled: w.Batching.Enabled, Duration: w.Batching.Duration, Size: int(w.Batching.Size)},
		Retry:          s.webhookRetry(),
		RequestTimeout: w.RequestTimeout,
		Concurrency:    s.jobsAtWork(), PerWebhook: int(w.PerWebhook),
		Lease: reliability.LeaseDuration, RenewInterval: reliability.LeaseRenewInterval,
	})
	s.metrics.AddSamples(s.webhooks)
}

// jobsAtWork is how many jobs this node can have in hand: no more than the queue
// gives out, for what a receiver may hold is a share of it.
func (s *server) jobsAtWork() int {
	most := int(s.cfg.Webhooks.Concurrency)
	if given := s.cfg.Queue.Concurrency(s.cfg.Choices()[contract.KindQueue].Driver); given > 0 {
		most = min(most, int(given))
	}
	return most
}

func (s *server) webhookRetry() webhook.Retry {
	r := s.cfg.Webhooks.Retry
	retry := webhook.Retry{
		Disabled: !r.Enabled, MaxElapsed: r.MaxElapsedTime, InitialBackoff: r.InitialBackoff, MaxBackoff: r.MaxBackoff,
	}
	if r.MaxAttempts != nil {
		retry.MaxAttempts = *r.MaxAttempts
	}
	return retry
}

// tellWebhooksOff says once that webhooks of apps have no effect.
func (s *server) tellWebhooksOff() {
	for _, app := range s.cfg.Apps() {
		if len(app.Webhooks) > 0 {
			s.log.Warn("webhooks are off: queue.driver is none, but apps have webhooks; choose another driver to send them", "app", app.ID)
			return
		}
	}
}

// tellNoOrder says once that the queue does not keep the order of webhooks.
func (s *server) tellNoOrder() {
	has := s.host.Capabilities(contract.KindQueue)
	if !slices.Contains(has, contract.CapQueueFIFO) || !slices.Contains(has, contract.CapQueueGroup) {
		s.log.Warn("webhooks of a channel may arrive in another order than the events: the queue does not keep it (of SQS, only FIFO queues do: queue.sqs.fifo)",
			"driver", s.cfg.Queue.Driver)
	}
}

// tellUnknownEvents warns of events in the configuration that never happen.
func (s *server) tellUnknownEvents() {
	for _, app := range s.cfg.Apps() {
		for _, hook := range app.Webhooks {
			for _, name := range hook.EventTypes {
				if _, known := metrics.ParseWebhookEvent(name); !known {
					s.log.Warn("event_types of a webhook names an event that this server does not have; see docs/webhooks.md", "app", app.ID, "event", name)
				}
			}
		}
	}
}

// observer tells webhooks, watchlists and the shared cache what the hub sees.
func (s *server) observer() hub.Observer { return observer{s.webhooks.Sink(), s.online, s.people} }

type observer struct {
	*webhook.Sink
	online *watchlist.Table
	people *directory.Directory // may be nil
}

// SignedIn tells of a user's first connection.
func (o observer) SignedIn(appID, userID string) {
	o.online.SignedIn(appID, userID)
	if o.people != nil {
		o.people.SignedIn(appID, userID)
	}
	o.UserSignedIn(appID, userID)
}

// SignedOut tells that a user's last connection has gone.
func (o observer) SignedOut(appID, userID string) {
	o.online.SignedOut(appID, userID)
	if o.people != nil {
		o.people.SignedOut(appID, userID)
	}
	o.UserSignedOut(appID, userID)
}

// MemberAdded leaves out the user's info, which webhooks do not tell.
func (o observer) MemberAdded(appID, channel, userID string, _ []byte) {
	o.Sink.MemberAdded(appID, channel, userID)
	o.changed(appID, channel)
}

// MemberRemoved tells that a user has left a presence channel.
func (o observer) MemberRemoved(appID, channel, userID string) {
	o.Sink.MemberRemoved(appID, channel, userID)
	o.changed(appID, channel)
}

func (o observer) changed(appID, channel string) {
	if o.people != nil {
		o.people.Changed(appID, channel)
	}
}

// lastWords is the least time for handing over what waits, even if clients used
// up the grace period.
const lastWords = 3 * time.Second

// stopWebhooks hands what waits to the queue while ctx lasts.
func (s *server) stopWebhooks(ctx context.Context) error {
	deadline, _ := ctx.Deadline()
	ctx, cancel := context.WithTimeout(context.Background(), max(time.Until(deadline), lastWords))
	defer cancel()
	return s.webhooks.Stop(ctx)
}

// adminHandler serves /admin/ on the metrics listener.
func (s *server) adminHandler() http.Handler {
	o := admin.Options{Token: s.cfg.Admin.Token, Queue: webhook.QueueName, Read: readLetter, Apps: s.appAdmin()}
	if s.host != nil {
		o.Dead, _ = s.host.Queue().(contract.DeadLetters)
	}
	return admin.New(o)
}

func readLetter(body []byte) (admin.Content, error) {
	j, err := webhook.DecodeJob(body)
	if err != nil {
		return admin.Content{}, err
	}
	return admin.Content{AppID: j.AppID, Webhook: j.Webhook, TimeMS: j.TimeMS, Events: j.Events}, nil
}
