package stat

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestEachDurationLiesInItsBucket(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := time.Duration(rapid.Int64Range(1, math.MaxInt64).Draw(t, "duration"))
		i := bucket(d)
		if d > end(i) || i > 0 && bucket(end(i)) != i {
			t.Fatalf("%d is in bucket %d, which ends at %d", d, i, end(i))
		}
		if float64(end(i)) > float64(d)*(1+1./16) {
			t.Fatalf("bucket of %d ends at %d: more than a sixteenth off", d, end(i))
		}
	})
}

func TestBucketsGrow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.Int64Range(0, math.MaxInt64-1).Draw(t, "duration")
		if bucket(time.Duration(a)) > bucket(time.Duration(a+1)) {
			t.Fatalf("%d has a higher bucket than %d", a, a+1)
		}
	})
}

func TestQuantilesOfAHundredDurations(t *testing.T) {
	var h Histogram
	if got := h.Quantile(0.99); got != 0 {
		t.Errorf("empty: p99 is %v, want 0", got)
	}
	for ms := range 100 {
		h.Add(time.Duration(ms+1) * time.Millisecond)
	}
	for q, want := range map[float64]time.Duration{0: 1, 0.5: 51, 0.99: 100, 1: 100} {
		got := float64(h.Quantile(q)) / float64(want*time.Millisecond)
		if got < 1 || got > 1+1./16 {
			t.Errorf("quantile %v is %v times %d ms", q, got, want)
		}
	}
	h.Reset()
	if h.Count() != 0 {
		t.Errorf("%d durations after Reset", h.Count())
	}
}
