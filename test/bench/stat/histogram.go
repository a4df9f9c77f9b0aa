package stat

import (
	"math/bits"
	"sync/atomic"
	"time"
)

// Histogram counts durations in buckets of a sixteenth of a power of two, so a
// quantile is at most a sixteenth too large. The zero value is empty. All
// methods may be called at the same time.
type Histogram struct {
	counts [64 * 16]atomic.Int64
}

// Add counts d; durations below 1 ns count as 1 ns.
func (h *Histogram) Add(d time.Duration) { h.counts[bucket(d)].Add(1) }

// Reset forgets everything.
func (h *Histogram) Reset() {
	for i := range h.counts {
		h.counts[i].Store(0)
	}
}

// Count is how many durations were added.
func (h *Histogram) Count() int64 {
	var n int64
	for i := range h.counts {
		n += h.counts[i].Load()
	}
	return n
}

// Quantile is the duration that the share q of all does not exceed, rounded up
// to the end of its bucket; 0 if the histogram is empty.
func (h *Histogram) Quantile(q float64) time.Duration {
	total := h.Count()
	if total == 0 {
		return 0
	}
	rank := min(int64(float64(total)*q), total-1)
	for i := range h.counts {
		if rank -= h.counts[i].Load(); rank < 0 {
			return end(i)
		}
	}
	return end(len(h.counts) - 1)
}

func bucket(d time.Duration) int {
	n := uint64(max(d, 1))
	exp := bits.Len64(n) - 1
	if exp < 4 {
		return int(n)
	}
	return exp*16 + int(n>>(exp-4))&15
}

// end is the largest duration of a bucket.
func end(i int) time.Duration {
	exp, part := i/16, i%16
	if exp < 4 {
		return time.Duration(i)
	}
	return time.Duration(uint64(16+part+1)<<(exp-4) - 1)
}
