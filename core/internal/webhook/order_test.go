package webhook

import (
	"math/rand/v2"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/jackfield/jackfield/sdk/contract"
)

// TestOrderSurvivesTrouble lets a receiver fail and hang, the queue refuse, and
// requests take their time, all at random: each channel is told everything, once
// accepted, in order.
func TestOrderSurvivesTrouble(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		seed := rapid.Uint64().Draw(rt, "seed")
		events := rapid.IntRange(1, 40).Draw(rt, "events")
		batched := rapid.Bool().Draw(rt, "batched")
		change := func(o *Options) {
			o.Retry.MaxElapsed = time.Hour
			o.Batching = Batching{Enabled: batched, Duration: 50 * time.Millisecond, Size: 3}
		}
		inWorld(t, []*contract.App{app(to(home), to("http://dead.test/"))}, change, func(w *world) {
			w.answer(moody(seed))
			chance := rand.New(rand.NewPCG(seed, 2))
			for n := range events {
				for _, channel := range []string{"x", "y", "z"} {
					w.sink.SubscriptionCount("a", channel, n)
				}
				if chance.IntN(4) == 0 {
					w.queue.refuse([]error{nil, errFull, contract.ErrUnavailable}[chance.IntN(3)])
					w.after(time.Duration(chance.IntN(2000)) * time.Millisecond)
				}
			}
			w.queue.refuse(nil)
			w.after(45 * time.Minute)
			inOrder(t, w, home)
			if got := len(w.delivered(home)); got != 3*events {
				rt.Errorf("%d of %d were accepted", got, 3*events)
			}
		})
	})
}

// moody is a receiver that often fails, sometimes hangs, and takes up to a
// second; any other never answers.
func moody(seed uint64) func(*http.Request) int {
	var calls atomic.Uint64
	return func(r *http.Request) int {
		if r.URL.String() != home {
			return hang(r)
		}
		chance := rand.New(rand.NewPCG(seed, calls.Add(1)))
		timer := time.NewTimer(time.Duration(chance.IntN(1000)) * time.Millisecond)
		<-timer.C
		switch chance.IntN(6) {
		case 0:
			return http.StatusInternalServerError
		case 1:
			return http.StatusFound
		case 2:
			return hang(r)
		}
		return http.StatusOK
	}
}
