package core

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/jackfield/jackfield/core/internal/adapter"
	"github.com/jackfield/jackfield/core/internal/lastevent"
	"github.com/jackfield/jackfield/core/internal/watchlist"
)

// buildCluster makes this node one of several, if the adapter says so.
func (s *server) buildCluster() {
	s.online = watchlist.New()
	if s.host == nil || s.host.Adapter() == nil {
		return
	}
	health := s.cfg.Adapter.Health
	opts := adapter.Options{
		// A name in the configuration may be that of several nodes by mistake.
		Adapter: s.host.Adapter(), ID: s.node + "-" + rand.Text(), Now: s.now, Logger: s.log.Named("cluster"),
		Lease: health.NodeTimeout, Heartbeat: health.HeartbeatInterval,
		Online: s.online, AppChanged: s.apps.Doubt,
	}
	if health.Enabled {
		opts.Cleanup = health.CleanupInterval
	}
	s.cluster = adapter.New(opts)
	s.metrics.AddSamples(s.cluster)
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
