package webhook

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/jackfield/jackfield/sdk/contract"
)

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
