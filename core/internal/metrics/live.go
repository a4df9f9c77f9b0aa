package metrics

import (
	"context"
	"maps"
	"slices"
	"time"
	"weak"

	"github.com/jackfield/jackfield/sdk/contract"
)

// samplesWait is how long a scrape waits for the series of others.
const samplesWait = 2 * time.Second

// gauges asks all tables.
func (r *Registry) gauges() map[string]AppGauges {
	r.mu.RLock()
	tables := slices.Clone(r.tables)
	r.mu.RUnlock()
	sums := map[string]AppGauges{}
	for _, t := range tables {
		t.EachApp(func(id string, g AppGauges) { sums[id] = sums[id].plus(g) })
	}
	return sums
}

func (g AppGauges) plus(o AppGauges) AppGauges {
	g.Connected += o.Connected
	for t := range g.ActiveChannels {
		g.ActiveChannels[t] += o.ActiveChannels[t]
	}
	g.PresenceMembers += o.PresenceMembers
	g.LogBytes += o.LogBytes
	g.ParkedBytes += o.ParkedBytes
	return g
}

// live returns the counters of all apps that are in use or were so within the
// retention. The others are hidden: whoever still has them may go on counting,
// and then they come back with all that they ever counted. Scrapes come one at a
// time.
func (r *Registry) live(gauges map[string]AppGauges) map[string]*AppCounters {
	now := r.now()
	r.mu.Lock()
	defer r.mu.Unlock()
	for id, kept := range r.hidden {
		c := kept.Value()
		if c == nil || c.inUse(gauges[id]) {
			delete(r.hidden, id)
		}
		if c != nil && c.inUse(gauges[id]) {
			r.apps[id] = c
		}
	}
	for id, c := range r.apps {
		if c.inUse(gauges[id]) {
			c.touched.Store(false)
			c.seenTotal, c.seenAt = c.total(), now
		}
		if now.Sub(c.seenAt) > r.retention {
			delete(r.apps, id)
			r.hidden[id] = weak.Make(c)
		}
	}
	return maps.Clone(r.apps)
}

// inUse reports whether anything happened since the last scrape or may happen soon.
func (c *AppCounters) inUse(g AppGauges) bool {
	return c.touched.Load() || g.Connected > 0 || c.total() != c.seenTotal
}

// total changes whenever something is counted.
func (c *AppCounters) total() uint64 {
	var sum uint64
	for _, s := range appCounters {
		s.each(c, func(n *Count, _ ...string) { sum += n.Load() })
	}
	return sum
}

func (r *Registry) deliveryLags() []*Histogram {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return slices.Clone(r.lags)
}

func (r *Registry) webhookDeliveries() []*Histogram {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return slices.Clone(r.hooks)
}

func (r *Registry) countedCaches() []*CountedCache {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return slices.Clone(r.caches)
}

// samples asks all sources for their series.
func (r *Registry) samples() []contract.Sample {
	ctx, cancel := context.WithTimeout(context.Background(), samplesWait)
	defer cancel()
	r.mu.RLock()
	sources := slices.Clone(r.sources)
	r.mu.RUnlock()
	var all []contract.Sample
	for _, s := range sources {
		all = append(all, s.Samples(ctx)...)
	}
	return all
}
