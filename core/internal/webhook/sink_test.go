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
