package webhook

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/jackfield/jackfield/sdk/contract"
)

// TestDelaysAsAModel compares with a plain map over random histories.
func TestDelaysAsAModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := newDelays[int](3 * time.Second)
		model := map[fact]time.Duration{} // when each open delay ends
		now := time.Duration(0)
		pick := func() fact {
			return fact{app: "a", channel: rapid.SampledFrom([]string{"x", "y", "z"}).Draw(t, "channel")}
		}
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				f := pick()
				d.add(f, 0, now)
				model[f] = now + 3*time.Second
			},
			"cancel": func(t *rapid.T) {
				f := pick()
				_, want := model[f]
				if got := d.cancel(f); got != want {
					t.Fatalf("cancel %v: %v, want %v", f, got, want)
				}
				delete(model, f)
			},
			"wait": func(t *rapid.T) {
				now += time.Duration(rapid.IntRange(1, 4000).Draw(t, "ms")) * time.Millisecond
				for due, ok := d.next(); ok && due <= now; due, ok = d.next() {
					f, _ := d.pop()
					if model[f] != due {
						t.Fatalf("%v ended at %v, want %v", f, due, model[f])
					}
					delete(model, f)
				}
			},
			"": func(t *rapid.T) {
				if d.len() != len(model) || len(d.line) > 2*len(model)+64 {
					t.Fatalf("%d open in a line of %d, want %d", d.len(), len(d.line), len(model))
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

// TestComingAndGoingAlternates lets channels and users come and go at random: a
// receiver sees each of them come and go in turns, never twice the same, never a
// leave that was taken back in time, and at the end what is true.
func TestComingAndGoingAlternates(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		steps := rapid.SliceOfN(rapid.SampledFrom([]string{"x", "y", "7", "8", "wait"}), 1, 60).Draw(rt, "steps")
		waits := rapid.SliceOfN(rapid.IntRange(1, 4000), 60, 60).Draw(rt, "waits")
		inWorld(t, []*contract.App{app(to(home))}, nil, func(w *world) {
			there := map[string]bool{}
			for i, step := range steps {
				switch {
				case step == "wait":
					w.after(time.Duration(waits[i]) * time.Millisecond)
					continue
				case len(step) == 1 && step < "a":
					tell(there[step], func() { w.sink.MemberRemoved("a", "room", step) }, func() { w.sink.MemberAdded("a", "room", step) })
				default:
					tell(there[step], func() { w.sink.Vacated("a", step) }, func() { w.sink.Occupied("a", step) })
				}
				there[step] = !there[step]
			}
			w.after(4 * time.Second)
			w.checkTurns(rt, there)
		})
	})
}

func tell(there bool, leave, come func()) {
	if there {
		leave()
	} else {
		come()
	}
}

func (w *world) checkTurns(t *rapid.T, there map[string]bool) {
	seen := map[string]bool{}
	for _, got := range w.delivered(home) {
		for name, step := range map[string]string{
			"channel_occupied x": "x", "channel_occupied y": "y", "member_added room 7": "7", "member_added room 8": "8",
		} {
			if got == name {
				if seen[step] {
					t.Errorf("%s came twice", step)
				}
				seen[step] = true
			}
		}
		for name, step := range map[string]string{
			"channel_vacated x": "x", "channel_vacated y": "y", "member_removed room 7": "7", "member_removed room 8": "8",
		} {
			if got == name {
				if !seen[step] {
					t.Errorf("%s went without having come", step)
				}
				seen[step] = false
			}
		}
	}
	for step, is := range there {
		if seen[step] != is {
			t.Errorf("%s: the receiver believes %v, it is %v", step, seen[step], is)
		}
	}
}
