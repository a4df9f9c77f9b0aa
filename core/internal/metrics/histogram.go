package metrics

import (
	"sync/atomic"
	"time"
)

var (
	// lagBounds reach to the two seconds after which a log counts as full, and beyond.
	lagBounds = []time.Duration{
		100 * time.Microsecond, 250 * time.Microsecond, 500 * time.Microsecond,
		time.Millisecond, 2500 * time.Microsecond, 5 * time.Millisecond,
		10 * time.Millisecond, 25 * time.Millisecond, 50 * time.Millisecond,
		100 * time.Millisecond, 250 * time.Millisecond, 500 * time.Millisecond,
		time.Second, 2 * time.Second, 5 * time.Second,
	}
	broadcastBounds = []time.Duration{
		500 * time.Microsecond, time.Millisecond, 2 * time.Millisecond, 5 * time.Millisecond,
		10 * time.Millisecond, 25 * time.Millisecond, 50 * time.Millisecond,
		100 * time.Millisecond, 250 * time.Millisecond, 500 * time.Millisecond,
		time.Second, 2500 * time.Millisecond, 5 * time.Second,
	}
)

// Histogram counts durations in fixed buckets. Observing costs two atomic
// additions; it is cheapest when one goroutine has the histogram to itself.
type Histogram struct {
	bounds []time.Duration
	counts []Count // one more than bounds: the last takes what is longer
	sum    atomic.Int64
}

func newHistogram(bounds []time.Duration) *Histogram {
	return &Histogram{bounds: bounds, counts: make([]Count, len(bounds)+1)}
}

// Observe records one duration. It never allocates or blocks.
func (h *Histogram) Observe(d time.Duration) { h.ObserveN(d, 1) }

// ObserveN records the same duration n times, as when one write served n deliveries.
func (h *Histogram) ObserveN(d time.Duration, n uint64) {
	i := 0
	for i < len(h.bounds) && d > h.bounds[i] {
		i++
	}
	h.counts[i].Add(n)
	h.sum.Add(int64(d) * int64(n))
}

// snapshot is what a scrape shows of a histogram: counts are cumulative.
type snapshot struct {
	count   uint64
	sum     time.Duration
	buckets []uint64
}

// merge adds up histograms that have the same bounds.
func merge(bounds []time.Duration, hs ...*Histogram) snapshot {
	s := snapshot{buckets: make([]uint64, len(bounds))}
	for _, h := range hs {
		s.sum += time.Duration(h.sum.Load())
		below := uint64(0)
		for i := range h.counts {
			below += h.counts[i].Load()
			if i < len(bounds) {
				s.buckets[i] += below
			}
		}
		s.count += below
	}
	return s
}
