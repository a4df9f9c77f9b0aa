package limit

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestBucketGivesABurstAndThenThePace(t *testing.T) {
	rate := NewRate(10, time.Second)
	var b Bucket
	now := int64(5 * time.Second)
	for i := range 10 {
		if !b.Take(rate, now) {
			t.Fatalf("unit %d refused", i)
		}
	}
	if b.Take(rate, now) || b.Take(rate, now+int64(99*time.Millisecond)) {
		t.Error("the eleventh came too soon")
	}
	if !b.Take(rate, now+int64(100*time.Millisecond)) || b.Take(rate, now+int64(100*time.Millisecond)) {
		t.Error("after 100 ms there is exactly one more")
	}
	now += int64(time.Hour)
	for i := range 10 {
		if !b.Take(rate, now) {
			t.Fatalf("an hour later unit %d is refused", i)
		}
	}
	if b.Take(rate, now) {
		t.Error("a long rest gives no more than a burst")
	}
}

func TestTheZeroRateAllowsEverything(t *testing.T) {
	for _, rate := range []Rate{{}, NewRate(0, time.Second), NewRate(-1, time.Second), NewRate(1, 0)} {
		var b Bucket
		for range 1000 {
			if !b.Take(rate, 0) {
				t.Fatal("refused")
			}
		}
	}
}

// Over any time a bucket gives no more than its units plus what the time
// brings back.
func TestBucketKeepsItsRate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		units := rapid.IntRange(1, 50).Draw(t, "units")
		window := time.Duration(rapid.Int64Range(int64(time.Millisecond), int64(time.Minute)).Draw(t, "window"))
		rate := NewRate(units, window)
		var b Bucket
		var now, taken int64
		for range 200 {
			now += rapid.Int64Range(0, int64(window)/10).Draw(t, "pause")
			if b.Take(rate, now) {
				taken++
			}
		}
		// Intervals are cut to whole nanoseconds, which gives at most one unit more.
		if most := int64(units) + now*int64(units)/int64(window) + 1; taken > most {
			t.Fatalf("%d units in %v, at most %d are due", taken, time.Duration(now), most)
		}
	})
}

func TestBucketTakesNoMemory(t *testing.T) {
	rate := NewRate(10, time.Second)
	var b Bucket
	if n := testing.AllocsPerRun(100, func() { b.Take(rate, 1) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestReadyTellsWhatTakeWillSay(t *testing.T) {
	rate := NewRate(2, time.Second)
	var b Bucket
	for i, want := range []bool{true, true, false} {
		if ready, got := b.Ready(rate, 1), b.Take(rate, 1); ready != want || got != want {
			t.Errorf("take %d: ready %v, taken %v, want %v", i, ready, got, want)
		}
	}
	if !b.Ready(Rate{}, 1) {
		t.Error("the zero rate is not ready")
	}
}

func TestDebtsArePaid(t *testing.T) {
	rate := NewRate(2, time.Second)
	var b Bucket
	for range 4 {
		b.Charge(rate, 1)
	}
	if b.Ready(rate, 1+int64(time.Second)) || !b.Ready(rate, 1+int64(3*time.Second/2)) {
		t.Error("two units of debt do not take a second")
	}
}
