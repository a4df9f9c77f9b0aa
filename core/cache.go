package core

import (
	"time"

	"github.com/jackfield/jackfield/core/internal/idempotency"
	"github.com/jackfield/jackfield/core/internal/lastevent"
	"github.com/jackfield/jackfield/core/internal/plugin"
	"github.com/jackfield/jackfield/sdk/contract"
)

// How long a new subscriber of a cache channel and a publisher to one wait for
// the cache.
const (
	cacheRead  = 100 * time.Millisecond
	cacheWrite = 500 * time.Millisecond
)

// buildCache makes the shared cache and what stands in it.
func (s *server) buildCache() {
	driver := s.cfg.Choices()[contract.KindCache].Driver
	if s.host != nil {
		if c := s.host.Cache(); c != nil {
			s.cache = s.metrics.Cache(driver, c)
		}
	}
	s.events = lastevent.New(lastevent.Options{
		Cache: s.cache, TTL: s.cfg.Channels.CacheTTL,
		ReadTimeout: cacheRead, WriteTimeout: cacheWrite, Patient: plugin.Patient,
		Missed: s.webhooks.Sink().CacheMiss,
	})
}

// repeats remembers publishes with idempotency keys; nil when that is switched off.
func (s *server) repeats() *idempotency.Ledger {
	if !s.cfg.Idempotency.Enabled {
		return nil
	}
	return idempotency.New(s.cache, s.cfg.Idempotency.TTL)
}
