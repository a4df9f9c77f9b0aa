package webhook

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jackfield/jackfield/core/internal/metrics"
	"github.com/jackfield/jackfield/sdk/contract"
)

const home = "http://home.test/hook"

func TestEveryEventHasItsShape(t *testing.T) {
	inWorld(t, []*contract.App{app(to(home))}, nil, func(w *world) {
		s := w.sink
		s.Occupied("a", "presence-x")
		s.MemberAdded("a", "presence-x", "7")
		s.ClientEvent("a", "presence-x", "client-move", `{"q":"<\"é"}`, "1.2", "7")
		s.CacheMiss("a", "cache-x")
		s.SubscriptionCount("a", "x", 3)
		s.UserSignedIn("a", "7")
		s.UserSignedOut("a", "7")
		s.ConnectionOpened("a", "1.2")
		s.ConnectionClosed("a", Closed{SocketID: "1.2", UserID: "7", Code: 4200, Lasted: 1500 * time.Millisecond})
		s.MemberRemoved("a", "presence-x", "7")
		s.Vacated("a", "presence-x")
		w.after(4 * time.Second)
		var got []string
		for _, p := range w.answered() {
			_, list, _ := strings.Cut(p.body, `"events":`)
			got = append(got, strings.TrimSuffix(list, "}"))
		}
		slices.Sort(got)
		want := []string{
			`[{"name":"cache_miss","channel":"cache-x"}]`,
			`[{"name":"channel_occupied","channel":"presence-x"}]`,
			`[{"name":"channel_vacated","channel":"presence-x"}]`,
			`[{"name":"client_event","channel":"presence-x","event":"client-move","data":"{\"q\":\"<\\\"é\"}","socket_id":"1.2","user_id":"7"}]`,
			`[{"name":"connection_closed","socket_id":"1.2","user_id":"7","code":4200,"duration_ms":1500}]`,
			`[{"name":"connection_opened","socket_id":"1.2"}]`,
			`[{"name":"member_added","channel":"presence-x","user_id":"7"}]`,
			`[{"name":"member_removed","channel":"presence-x","user_id":"7"}]`,
			`[{"name":"subscription_count","channel":"x","subscription_count":3}]`,
			`[{"name":"user_signed_in","user_id":"7"}]`,
			`[{"name":"user_signed_out","user_id":"7"}]`,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if n := w.metrics.App("a").WebhookDeliveries[metrics.WebhookDelivered].Load(); n != 11 {
			t.Errorf("%d deliveries were counted", n)
		}
	})
}

func TestRequestIsThatOfTheProtocol(t *testing.T) {
	hook := to(home)
	hook.Headers = map[string]string{
		"X-Mine": "yes", "content-type": "text/plain", "x-pusher-key": "forged", "X-Webhook-ID": "forged", "Connection": "close",
	}
	inWorld(t, []*contract.App{app(hook)}, nil, func(w *world) {
		w.sink.Occupied("a", "x")
		w.after(time.Second)
		if len(w.answered()) != 1 {
			t.Errorf("%d requests", len(w.answered()))
			return
		}
		p := w.answered()[0]
		want := http.Header{
			"Content-Type": {"application/json"}, "X-Pusher-Key": {"key"}, "X-Mine": {"yes"}, "User-Agent": {"jackfield"},
			"X-Webhook-Id": {p.id}, "X-Pusher-Signature": p.header["X-Pusher-Signature"],
		}
		if diff := cmp.Diff(want, p.header); diff != "" || p.id == "" {
			t.Error(diff)
		}
		if want := fmt.Sprintf(`{"time_ms":%d,"events":[`, time.Now().Add(-time.Second).UnixMilli()); !strings.HasPrefix(p.body, want) {
			t.Errorf("body %s, want %s", p.body, want)
		}
	})
}

// What comes back within three seconds was never gone.
func TestReturnTakesBackTheLeave(t *testing.T) {
	inWorld(t, []*contract.App{app(to(home))}, nil, func(w *world) {
		w.sink.Occupied("a", "x")
		w.sink.Vacated("a", "x")
		w.after(2 * time.Second)
		w.sink.Occupied("a", "x")
		w.after(10 * time.Second)
		w.sink.Vacated("a", "x")
		w.after(2999 * time.Millisecond)
		if diff := cmp.Diff([]string{"channel_occupied x"}, w.delivered(home)); diff != "" {
			t.Error(diff)
		}
		w.after(time.Millisecond)
		if diff := cmp.Diff([]string{"channel_occupied x", "channel_vacated x"}, w.delivered(home)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestWhatNobodyWantsIsNotQueued(t *testing.T) {
	filtered := to(home)
	filtered.Filter = &contract.WebhookFilter{ChannelPrefix: "private-", ChannelSuffix: "-x", ChannelPattern: "[0-9]+"}
	spaces := to("http://spaces.test/", "channel_occupied")
	spaces.Filter = &contract.WebhookFilter{Namespaces: []string{"chat"}}
	inWorld(t, []*contract.App{app(filtered, spaces), {ID: "none", Key: "k2"}}, nil, func(w *world) {
		for _, channel := range []string{"private-1-x", "private-1-y", "public-1-x", "private-one-x", "#server-to-user-1", "private-chat:1", "chat:1-x", "chats:1"} {
			w.sink.Occupied("a", channel)
		}
		w.sink.Occupied("none", "x")
		w.sink.Occupied("unknown", "x")
		w.sink.UserSignedIn("a", "7")
		w.after(time.Second)
		got := append(w.delivered(home), w.delivered(spaces.URL)...)
		slices.Sort(got)
		want := []string{"channel_occupied chat:1-x", "channel_occupied private-1-x", "channel_occupied private-chat:1", "user_signed_in 7"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if w.sink.Wants("none", metrics.WebhookOccupied) || !w.sink.Wants("a", metrics.WebhookOccupied) {
			t.Error("Wants is wrong")
		}
	})
	var none *Sink
	none.Occupied("a", "x")
	none.Vacated("a", "x")
	none.CacheMiss("a", "x")
}

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
		"age":                    {to(home), 500, 6 * time.Minute, "given up after 5m0s: answered 500"},
		"redirect to a new home": {never, 301, 0, "answered 301, a redirect, which is not followed; set the webhook's url to the new address"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			inWorld(t, []*contract.App{app(tt.hook)}, nil, func(w *world) {
				w.always(tt.status)
				w.sink.Occupied("a", "x")
				w.after(tt.within + time.Millisecond)
				if got := w.queue.deadReasons(); len(got) != 1 || !strings.HasSuffix(got[0], tt.reason) {
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

// A queue that takes nothing for a while loses nothing and keeps the order; an
// app cannot use up the room of the others.
func TestQueueThatIsFull(t *testing.T) {
	small := func(o *Options) { o.BufferBytes = 20_000 }
	inWorld(t, []*contract.App{app(to(home))}, small, func(w *world) {
		w.queue.refuse(errFull)
		for i := range 100 {
			w.sink.SubscriptionCount("a", "x", i)
		}
		w.after(10 * time.Second)
		w.queue.refuse(nil)
		w.after(10 * time.Second)
		inOrder(t, w, home)
		dropped := int(w.service.drops.counts[dropFull].Load())
		if got := len(w.delivered(home)); got+dropped != 100 || dropped == 0 || got < 20 {
			t.Errorf("%d delivered, %d dropped", got, dropped)
		}
		o := w.service.outbox
		o.mu.Lock()
		defer o.mu.Unlock()
		if o.bytes != 0 || len(o.share) != 0 || len(o.lanes) != 0 {
			t.Error("the outbox does not count right")
		}
	})
}

// What the courier holds when the queue forgets everything is sent all the same.
func TestQueueForgets(t *testing.T) {
	inWorld(t, []*contract.App{app(to(home))}, nil, func(w *world) {
		w.answer(func(r *http.Request) int {
			if w.service.now() < 20*time.Second {
				return hang(r)
			}
			return 200
		})
		for i := range 5 {
			w.sink.Occupied("a", fmt.Sprint("x", i))
		}
		w.after(time.Second)
		w.queue.forget()
		w.after(2 * time.Minute)
		if got := len(w.delivered(home)); got != 5 {
			t.Errorf("%d of 5 were delivered", got)
		}
	})
}

func TestStopTellsWhatIsDelayed(t *testing.T) {
	batched := func(o *Options) { o.Batching = Batching{Enabled: true, Duration: time.Hour, Size: 100} }
	for name, change := range map[string]func(*Options){"single": nil, "batched": batched} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, []*contract.App{app(to(home))}, change, func(w *world) {
				w.queue.change(func() { w.queue.volatile = true })
				w.sink.Occupied("a", "x")
				w.sink.MemberRemoved("a", "y", "7")
				w.sink.Vacated("a", "x")
				w.stop(10 * time.Second)
				got := w.delivered(home)
				slices.Sort(got)
				if diff := cmp.Diff([]string{"channel_occupied x", "channel_vacated x", "member_removed y 7"}, got); diff != "" {
					t.Error(diff)
				}
				w.sink.Occupied("a", "late")
				if w.service.drops.counts[dropStopped].Load() != 1 && change == nil {
					t.Error("an event after the end is not counted")
				}
			})
		})
	}
}

// A stop waits for requests under way, and gives back what does not end in time.
func TestStopInterrupts(t *testing.T) {
	inWorld(t, []*contract.App{app(to(home))}, nil, func(w *world) {
		w.answer(hang)
		w.sink.Occupied("a", "x")
		w.after(time.Second)
		w.sink.Occupied("a", "y")
		w.stop(3 * time.Second)
		if st, _ := w.queue.Stats(t.Context(), QueueName); st.Waiting != 2 || st.Out != 0 {
			t.Errorf("the queue has %+v", st)
		}
	})
}

func TestStopSaysWhatIsLeft(t *testing.T) {
	inWorld(t, []*contract.App{app(to(home))}, nil, func(w *world) {
		w.queue.refuse(errFull)
		w.sink.Occupied("a", "x")
		w.after(time.Second)
		w.stopping = true
		ctx, cancel := contextWithin(time.Second)
		defer cancel()
		if err := w.service.Stop(ctx); err == nil || !strings.Contains(err.Error(), "1 webhook jobs were not handed to the queue") {
			t.Errorf("error: %v", err)
		}
	})
}

func TestBatches(t *testing.T) {
	two := app(to(home), to("http://two.test/", "cache_miss"))
	other := app(to(home))
	other.ID, other.Key = "b", "key-b"
	batched := func(o *Options) { o.Batching = Batching{Enabled: true, Duration: 50 * time.Millisecond, Size: 3} }
	inWorld(t, []*contract.App{two, other}, batched, func(w *world) {
		for i := range 4 {
			w.sink.SubscriptionCount("a", "x", i)
		}
		w.sink.CacheMiss("b", "y")
		w.sink.CacheMiss("a", "y")
		w.after(49 * time.Millisecond)
		if len(w.answered()) != 1 || len(w.answered()[0].events) != 3 {
			t.Errorf("before the time is over: %+v", w.answered())
		}
		w.after(time.Millisecond)
		var sizes []string
		for _, p := range w.answered() {
			sizes = append(sizes, fmt.Sprint(p.url, " ", p.header.Get(headerKey), " ", len(p.events)))
		}
		slices.Sort(sizes)
		want := []string{home + " key 2", home + " key 3", home + " key-b 1", "http://two.test/ key 1"}
		if diff := cmp.Diff(want, sizes); diff != "" {
			t.Error(diff)
		}
	})
}

// A request that takes longer than a lease keeps its job.
func TestLeaseIsRenewed(t *testing.T) {
	hook := to(home)
	hook.RequestTimeoutMS = 120_000
	inWorld(t, []*contract.App{app(hook)}, nil, func(w *world) {
		w.answer(func(r *http.Request) int {
			timer := time.NewTimer(100 * time.Second)
			defer timer.Stop()
			select {
			case <-timer.C:
			case <-r.Context().Done():
			}
			return 200
		})
		w.sink.Occupied("a", "x")
		w.after(5 * time.Minute)
		if len(w.answered()) != 1 {
			t.Errorf("%d requests", len(w.answered()))
		}
	})
}
