package core

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/jackfield/jackfield/core/internal/adapter"
	"github.com/jackfield/jackfield/core/internal/lastevent"
	"github.com/jackfield/jackfield/core/internal/metrics"
	"github.com/jackfield/jackfield/core/internal/replica"
	"github.com/jackfield/jackfield/core/internal/webhook"
)

// buildCluster makes this node one of several, if the adapter says so.
func (s *server) buildCluster() {
	if s.host == nil || s.host.Adapter() == nil {
		return
	}
	health := s.cfg.Adapter.Health
	opts := adapter.Options{
		// A name in the configuration may be that of several nodes by mistake.
		Adapter: s.host.Adapter(), ID: s.node + "-" + rand.Text(), Now: s.now, Logger: s.log.Named("cluster"),
		Lease: health.NodeTimeout, Heartbeat: health.HeartbeatInterval,
		Online: s.online, AppChanged: s.apps.Changed,
	}
	if s.people != nil {
		opts.People = s.people
	}
	if health.Enabled {
		opts.Cleanup = health.CleanupInterval
	}
	if s.webhooks != nil {
		opts.Webhooks = reports{s.webhooks}
	}
	s.cluster = adapter.New(opts)
	s.apps.OnLocalChange(s.cluster.TellAppChanged)
	s.metrics.AddSamples(s.cluster)
}

// reports tells webhooks what the cluster announces.
type reports struct{ webhooks *webhook.Service }

var reported = [...]webhook.Type{
	replica.Occupied: metrics.WebhookOccupied, replica.Vacated: metrics.WebhookVacated,
	replica.MemberAdded: metrics.WebhookMemberAdded, replica.MemberRemoved: metrics.WebhookMemberRemoved,
	replica.SignedIn: metrics.WebhookUserSignedIn, replica.SignedOut: metrics.WebhookUserSignedOut,
	replica.Subscribed: metrics.WebhookSubscriptionCount,
}

// Report implements adapter.Webhooks.
func (r reports) Report(ctx context.Context, all []*replica.Announcement) error {
	transitions := make([]webhook.Transition, len(all))
	for i, a := range all {
		t := webhook.Transition{
			ID: a.ID, AppID: a.App, Kind: reported[a.Kind], Channel: a.Channel, UserID: a.User, Count: int(a.Count), Time: a.Time,
		}
		if a.Kind == replica.SignedIn || a.Kind == replica.SignedOut {
			t.Channel = ""
		}
		transitions[i] = t
	}
	return r.webhooks.Report(ctx, transitions)
}

// missed is told of look-ups in cache channels that found nothing.
func (s *server) missed() func(appID, channel string) {
	tell := s.webhooks.Sink().CacheMiss
	if s.cluster == nil || !s.sharesCache() {
		return tell
	}
	wanted := func(appID string) bool { return s.webhooks.Sink().Wants(appID, metrics.WebhookCacheMiss) }
	return lastevent.Once(s.cache, cacheRead, wanted, tell)
}

// next is where messages go once their events are kept: to the subscribers of
// this node or of all.
func (s *server) next() lastevent.Next {
	if s.cluster != nil {
		return s.cluster
	}
	return s.hub
}

// joinWait is how long a start waits for the other nodes.
const joinWait = 5 * time.Second

// joinCluster joins the other nodes. If they are out of reach this one begins
// alone and joins them later.
func (s *server) joinCluster(ctx context.Context) error {
	if s.cluster == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, joinWait)
	defer cancel()
	return s.cluster.Start(ctx, s.hub)
}

func (s *server) leaveCluster(ctx context.Context) {
	if s.cluster != nil {
		s.cluster.Stop(ctx)
	}
}

// clusterHealth is what /up says of the other nodes.
func (s *server) clusterHealth() error {
	if s.cluster == nil {
		return nil
	}
	if err := s.cluster.Fault(); err != nil {
		return fmt.Errorf("the other nodes are out of reach: %w", err)
	}
	return nil
}
