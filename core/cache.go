package core

import (
	"cmp"
	"time"

	"github.com/jackfield/jackfield/core/internal/appcache"
	"github.com/jackfield/jackfield/core/internal/apps"
	"github.com/jackfield/jackfield/core/internal/directory"
	"github.com/jackfield/jackfield/core/internal/idempotency"
	"github.com/jackfield/jackfield/core/internal/lastevent"
	"github.com/jackfield/jackfield/core/internal/plugin"
	"github.com/jackfield/jackfield/core/internal/pusher"
	"github.com/jackfield/jackfield/sdk/contract"
)

// How long a new subscriber of a cache channel and a publisher to one wait for
// the cache.
const (
	cacheRead  = 100 * time.Millisecond
	cacheWrite = 500 * time.Millisecond
)

// openCache makes the shared cache.
func (s *server) openCache() {
	if s.host != nil {
		if c := s.host.Cache(); c != nil {
			s.cache = s.metrics.Cache(s.cacheDriver(), c)
		}
	}
}

func (s *server) cacheDriver() string { return s.cfg.Choices()[contract.KindCache].Driver }

// sharesCache is whether others can see what stands in the cache. That of driver
// memory belongs to this node alone, and would only be filled up.
func (s *server) sharesCache() bool { return s.cache != nil && s.cacheDriver() != "memory" }

// buildCopies makes the cache of apps behind the core's own.
func (s *server) buildCopies() {
	manager := s.cfg.AppManager
	if !s.sharesCache() || !manager.Cache.Enabled || s.servesFile() {
		return
	}
	s.copies = appcache.New(appcache.Options{
		Cache: s.cache, Secret: manager.Cache.EncryptionKey, TTL: cmp.Or(manager.Cache.TTL, apps.SoftTTL),
		Timeout: cacheRead, Logger: s.log.Named("apps"),
	})
	s.metrics.AddSamples(s.copies)
	if !s.copies.Seals() {
		s.log.Info("apps stand in the shared cache without their secrets, so nodes ask the store; app_manager.cache.encryption_key, the same on all nodes, changes that")
	}
}

// buildPeople makes the lists of members and users in the shared cache.
func (s *server) buildPeople() {
	if !s.sharesCache() {
		return
	}
	s.people = directory.New(directory.Options{
		Cache: s.cache, Timeout: cacheRead,
		Members: s.members,
	})
	s.metrics.AddSamples(s.people)
}

// members are those of a presence channel, on all nodes.
func (s *server) members(appID, channel string) []pusher.Member {
	if s.cluster != nil {
		return s.cluster.Everywhere().Members(appID, channel)
	}
	return s.hub.Members(appID, channel)
}

// startCaches starts what writes to the shared cache.
func (s *server) startCaches() {
	if s.copies != nil {
		s.copies.Start()
	}
	if s.people != nil {
		s.people.Start()
	}
}

func (s *server) stopCaches() {
	if s.people != nil {
		s.people.Stop()
	}
	if s.copies != nil {
		s.copies.Stop()
	}
}

// buildCache makes what cache channels need.
func (s *server) buildCache() {
	s.events = lastevent.New(lastevent.Options{
		Cache: s.cache, TTL: s.cfg.Channels.CacheTTL,
		ReadTimeout: cacheRead, WriteTimeout: cacheWrite, Patient: plugin.Patient,
		Missed: s.missed(),
	})
}

// repeats remembers publishes with idempotency keys; nil when that is switched off.
func (s *server) repeats() *idempotency.Ledger {
	if !s.cfg.Idempotency.Enabled {
		return nil
	}
	return idempotency.New(s.cache, s.cfg.Idempotency.TTL)
}
