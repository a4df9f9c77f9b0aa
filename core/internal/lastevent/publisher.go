package lastevent

import (
	"context"
	"slices"
	"time"

	"github.com/jackfield/jackfield/core/internal/frame"
	"github.com/jackfield/jackfield/core/internal/hub"
	"github.com/jackfield/jackfield/sdk/contract"
)

// Next is where messages go after their events were written, as hub.Hub.
type Next interface {
	Publish(ctx context.Context, appID string, msgs []hub.Message) error
}

// Publisher keeps the events of cache channels on their way to the hub.
type Publisher struct {
	store *Store
	next  Next
}

// Publisher returns a publisher in front of next.
func (s *Store) Publisher(next Next) *Publisher { return &Publisher{s, next} }

// Publish writes the events of msgs that have Cache set, gives them an ID, and
// hands all messages on. A cache that fails, or takes longer than the write
// timeout, holds nothing up. When next refuses the messages the cache has them
// already: the publisher tries again, and newcomers meanwhile are ahead.
func (p *Publisher) Publish(ctx context.Context, appID string, msgs []hub.Message) error {
	if p.store.opts.Cache == nil || !slices.ContainsFunc(msgs, func(m hub.Message) bool { return m.Cache }) {
		return p.next.Publish(ctx, appID, msgs)
	}
	write, cancel := context.WithTimeout(p.store.opts.Patient(ctx), p.store.opts.WriteTimeout)
	defer cancel()
	held, inTime := p.store.order.lock(write, appID, msgs)
	defer p.store.order.unlock(held)
	if inTime {
		p.store.write(write, appID, msgs)
	}
	return p.next.Publish(ctx, appID, msgs)
}

// write gives ids to the events and stores them, of each channel the last one.
func (s *Store) write(ctx context.Context, appID string, msgs []hub.Message) {
	var entries []contract.CacheEntry
	for i := range msgs {
		m := &msgs[i]
		if !m.Cache {
			continue
		}
		m.ID = s.nextID()
		e := contract.CacheEntry{
			Key:     keyOf(appID, m.Channel),
			Value:   encode(m.ID, frame.Payload(m.Frame)),
			Options: contract.SetOptions{TTL: s.opts.TTL},
		}
		if j := slices.IndexFunc(entries, func(o contract.CacheEntry) bool { return o.Key == e.Key }); j >= 0 {
			entries[j] = e
		} else {
			entries = append(entries, e)
		}
	}
	setMany(ctx, s.opts.Cache, entries)
}

// nextID returns an id above all before it. It follows the clock, so that those
// of several nodes grow together as well as their clocks agree.
func (s *Store) nextID() uint64 {
	for {
		last := s.ids.Load()
		if id := max(last+1, uint64(time.Now().UnixNano())); s.ids.CompareAndSwap(last, id) {
			return id
		}
	}
}

// setMany stores what it can. Errors are counted by the cache; there is nobody
// here who could do more about them.
func setMany(ctx context.Context, cache contract.Cache, entries []contract.CacheEntry) {
	if b, ok := cache.(contract.CacheBatcher); ok && len(entries) > 1 {
		b.SetMany(ctx, entries)
		return
	}
	for _, e := range entries {
		_, _ = cache.Set(ctx, e.Key, e.Value, e.Options)
	}
}
