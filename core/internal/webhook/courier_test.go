package webhook

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jackfield/jackfield/sdk/contract"
)

// A receiver that answers 500 for a minute gets everything, in the order of each
// channel; its troubles are not those of the others.
func TestReceiverFailsForAMinute(t *testing.T) {
	other := "http://other.test/"
	inWorld(t, []*contract.App{app(to(home), to(other))}, nil, func(w *world) {
		w.answer(func(r *http.Request) int {
			if r.URL.String() == home && w.service.now() < time.Minute {
				return http.StatusInternalServerError
			}
			return http.StatusOK
		})
		var want []string
		for i := range 20 {
			for _, channel := range []string{"x", "y", "z"} {
				w.sink.SubscriptionCount("a", channel, i)
				want = append(want, "subscription_count "+channel)
			}
		}
		w.after(time.Second)
		if got := len(w.delivered(other)); got != len(want) {
			t.Errorf("the other one got %d of %d at once", got, len(want))
		}
		w.after(4 * time.Minute)
		got := w.delivered(home)
		slices.Sort(got)
		slices.Sort(want)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		inOrder(t, w, home)
		ids := map[string]string{}
		for _, p := range w.answered() {
			if before, ok := ids[p.id]; ok && before != p.body {
				t.Errorf("delivery %s changed its body", p.id)
			}
			ids[p.id] = p.body
		}
	})
}

// inOrder checks that the counts of each channel were accepted as they were told.
func inOrder(t *testing.T, w *world, url string) {
	t.Helper()
	next := map[string]float64{}
	for _, p := range w.answered() {
		for _, e := range p.events {
			if p.url != url || p.status != 200 {
				continue
			}
			channel, n := e["channel"].(string), e["subscription_count"].(float64)
			if n != next[channel] {
				t.Errorf("%s: %v came where %v was due", channel, n, next[channel])
			}
			next[channel] = n + 1
		}
	}
}

// Receivers that hang, however many, leave room for the one that works.
func TestHangingReceiversDelayNobodyElse(t *testing.T) {
	hooks := []contract.Webhook{to(home, "channel_occupied")}
	for i := range 4 {
		hooks = append(hooks, to(fmt.Sprintf("http://dead-%d.test/", i), "channel_occupied"))
	}
	slow := func(o *Options) { o.Concurrency, o.PerWebhook = 16, 16 }
	inWorld(t, []*contract.App{app(hooks...)}, slow, func(w *world) {
		w.answer(func(r *http.Request) int {
			if strings.HasPrefix(r.URL.Host, "dead") {
				return hang(r)
			}
			return http.StatusOK
		})
		for i := range 80 {
			w.sink.Occupied("a", fmt.Sprint("warm-", i))
		}
		w.after(30 * time.Second)
		for i := range 20 {
			w.sink.Occupied("a", fmt.Sprint("late-", i))
		}
		w.after(3 * time.Second)
		if got := len(w.delivered(home)); got != 100 {
			t.Errorf("the receiver that works got %d of 100", got)
		}
		w.after(10 * time.Minute)
		if got := len(w.queue.deadReasons()); got != 4*100 {
			t.Errorf("%d dead letters, want %d", got, 4*100)
		}
		if st, _ := w.queue.Stats(t.Context(), QueueName); st.Waiting+st.Delayed+st.Out != 0 {
			t.Errorf("%+v are left", st)
		}
	})
}

func TestGivingUpHasAReason(t *testing.T) {
	quick := to("http://quick.test/", "channel_occupied")
	quick.Retry = &contract.WebhookRetry{MaxAttempts: 2, InitialBackoffMS: 10}
	never := to("http://never.test/", "channel_occupied")
	never.Retry = &contract.WebhookRetry{Disabled: true}
	tests := map[string]struct {
		hook   contract.Webhook
		status int
		within time.Duration
		reason string
	}{
		"410 is final":           {to(home), 410, 0, "answered 410: the receiver wants no more"},
		"a few attempts":         {quick, 503, time.Second, "given up after 2 attempts: answered 503"},
		"no retries":             {never, 404, 0, "retries are switched off: answered 404"},
		"age":                    {to(home), 500, 6 * time.Minute, "given up after 5m0s: "}, // by its answer, or unasked: the jitter decides
		"redirect to a new home": {never, 301, 0, "answered 301, a redirect, which is not followed; set the webhook's url to the new address"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			inWorld(t, []*contract.App{app(tt.hook)}, nil, func(w *world) {
				w.always(tt.status)
				w.sink.Occupied("a", "x")
				w.after(tt.within + time.Millisecond)
				if got := w.queue.deadReasons(); len(got) != 1 || !strings.Contains(got[0], tt.reason) {
					t.Errorf("dead letters: %q, want %q", got, tt.reason)
				}
			})
		})
	}
}

// A dead letter that is replayed gets its whole time again.
func TestReplayBeginsAnew(t *testing.T) {
	inWorld(t, []*contract.App{app(to(home))}, nil, func(w *world) {
		w.always(500)
		w.sink.Occupied("a", "x")
		w.after(6 * time.Minute)
		w.queue.replay()
		w.after(10 * time.Second)
		w.always(200)
		w.after(5 * time.Minute)
		if diff := cmp.Diff([]string{"channel_occupied x"}, w.delivered(home)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestJobFindsTheAppOfToday(t *testing.T) {
	inWorld(t, []*contract.App{app(to(home))}, nil, func(w *world) {
		w.always(500)
		w.sink.Occupied("a", "x")
		w.after(time.Millisecond)
		now := app(to("http://new.test/"), to(home, "cache_miss"))
		now.Revision, now.Key = 2, "new-key"
		w.apps.Replace([]*contract.App{now})
		w.always(200)
		w.after(10 * time.Second)
		if diff := cmp.Diff([]string{"channel_occupied x"}, w.delivered(home)); diff != "" {
			t.Error(diff)
		}
		if got := w.answered()[len(w.answered())-1].header.Get(headerKey); got != "new-key" {
			t.Errorf("key %q", got)
		}
		w.always(500)
		w.sink.CacheMiss("a", "x")
		w.after(time.Millisecond)
		gone := app(to("http://new.test/"))
		gone.Revision = 3
		w.apps.Replace([]*contract.App{gone})
		w.after(10 * time.Second)
		w.apps.Replace(nil)
		if diff := cmp.Diff([]string{"the app has no webhook with this target any more"}, w.queue.deadReasons()); diff != "" {
			t.Error(diff)
		}
	})
}
