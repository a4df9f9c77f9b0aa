package core

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/jackfield/jackfield/core/internal/adapter"
	"github.com/jackfield/jackfield/core/internal/directory"
	"github.com/jackfield/jackfield/core/internal/hub"
	"github.com/jackfield/jackfield/core/internal/lastevent"
	"github.com/jackfield/jackfield/core/internal/metrics"
	"github.com/jackfield/jackfield/core/internal/pusher"
	"github.com/jackfield/jackfield/core/internal/replica"
	"github.com/jackfield/jackfield/core/internal/watchlist"
	"github.com/jackfield/jackfield/core/internal/webhook"
	"github.com/jackfield/jackfield/sdk/contract"
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
		Online: everybody{s.online, s.people}, AppChanged: func(id string) { s.apps.Changed(contract.AppChange{ID: id}) },
	}
	if s.people != nil {
		opts.Members = s.people.Changed
	}
	if health.Enabled {
		opts.Cleanup = health.CleanupInterval
	}
	if s.webhooks != nil {
		opts.Webhooks = reports{s.webhooks}
	}
	s.cluster = adapter.New(opts)
	s.metrics.AddSamples(s.cluster)
	s.apps.OnLocalChange(func(c contract.AppChange) { s.cluster.TellAppChanged(c.ID) })
}

// everybody learns who is signed in on all nodes. The shared cache shows a user
// by the nodes that have one of the user's connections, until there is none.
type everybody struct {
	*watchlist.Table
	people *directory.Directory // may be nil
}

// SignedOut tells that a user's last connection on all nodes has gone.
func (e everybody) SignedOut(appID, userID string) {
	e.Table.SignedOut(appID, userID)
	if e.people != nil {
		e.people.SignedOut(appID, userID)
	}
}

// visible is the cluster of a hub whose users are shown in the shared cache.
type visible struct {
	*adapter.Node
	people *directory.Directory
}

// Count shows a user who has a connection here now.
func (v visible) Count(c *hub.Channel, n int) {
	v.Node.Count(c, n)
	if c.Kind().Class == pusher.User && n > 0 {
		v.people.SignedIn(c.AppID(), c.Kind().UserID())
	}
}

// forHub is what the hub tells of this node.
func (s *server) forHub() hub.Cluster {
	if s.people != nil {
		return visible{s.cluster, s.people}
	}
	return s.cluster
}

// members are those of a presence channel, on all nodes.
func (s *server) members(appID, channel string) []pusher.Member {
	if s.cluster != nil {
		return s.cluster.Everywhere().Members(appID, channel)
	}
	return s.hub.Members(appID, channel)
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
