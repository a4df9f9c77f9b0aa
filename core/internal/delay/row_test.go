package delay

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestRowAsAModel compares with a plain map over random histories.
func TestRowAsAModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := NewRow[string, int](3 * time.Second)
		model := map[string]time.Duration{} // when each open delay ends
		now := time.Duration(0)
		pick := func() string { return rapid.SampledFrom([]string{"x", "y", "z"}).Draw(t, "key") }
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				f := pick()
				d.Add(f, 0, now)
				model[f] = now + 3*time.Second
			},
			"cancel": func(t *rapid.T) {
				f := pick()
				_, want := model[f]
				if got := d.Cancel(f); got != want {
					t.Fatalf("cancel %v: %v, want %v", f, got, want)
				}
				delete(model, f)
			},
			"wait": func(t *rapid.T) {
				now += time.Duration(rapid.IntRange(1, 4000).Draw(t, "ms")) * time.Millisecond
				for due, ok := d.Next(); ok && due <= now; due, ok = d.Next() {
					f, _ := d.Pop()
					if model[f] != due {
						t.Fatalf("%v ended at %v, want %v", f, due, model[f])
					}
					delete(model, f)
				}
			},
			"": func(t *rapid.T) {
				if d.Len() != len(model) || len(d.line) > 2*len(model)+64 {
					t.Fatalf("%d open in a line of %d, want %d", d.Len(), len(d.line), len(model))
				}
				for f, due := range model {
					if due <= now {
						t.Fatalf("%v was due at %v", f, due)
					}
				}
			},
		})
	})
}
