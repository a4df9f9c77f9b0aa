package rest

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jackfield/jackfield/core/internal/hub"
	"github.com/jackfield/jackfield/core/internal/pusher"
	"github.com/jackfield/jackfield/sdk/contract"
)

func TestPublishEvent(t *testing.T) {
	tests := []struct {
		name, body string
		answer     string
		published  []string
	}{
		{
			"several channels", `{"name":"foo","channels":["a","private-b"],"data":"{\"x\":1}"}`, `{}`,
			[]string{
				`a {"event":"foo","channel":"a","data":"{\"x\":1}"}`,
				`private-b {"event":"foo","channel":"private-b","data":"{\"x\":1}"}`,
			},
		},
		{"one channel", `{"name":"foo","channel":"a","data":"x"}`, `{}`, []string{`a {"event":"foo","channel":"a","data":"x"}`}},
		{"channels win over channel", `{"name":"f","channels":["a"],"channel":"b","data":"x"}`, `{}`, []string{`a {"event":"f","channel":"a","data":"x"}`}},
		{"a channel named twice gets one message", `{"name":"f","channels":["a","a"],"data":"x"}`, `{}`, []string{`a {"event":"f","channel":"a","data":"x"}`}},
		{"data that is no string is encoded", `{"name":"f","channel":"a","data":{"x":[1,2]}}`, `{}`, []string{`a {"event":"f","channel":"a","data":"{\"x\":[1,2]}"}`}},
		{"empty data", `{"name":"f","channel":"a","data":""}`, `{}`, []string{`a {"event":"f","channel":"a","data":""}`}},
		{"to a user", `{"name":"f","channel":"#server-to-user-7","data":"x"}`, `{}`, []string{`#server-to-user-7 {"event":"f","channel":"#server-to-user-7","data":"x"}`}},
		{
			"with info", `{"name":"f","channels":["presence-a","b"],"data":"x","info":"user_count,subscription_count"}`,
			`{"channels":{"presence-a":{"user_count":42,"subscription_count":51},"b":{"subscription_count":0}}}`,
			[]string{
				`presence-a {"event":"f","channel":"presence-a","data":"x"}`,
				`b {"event":"f","channel":"b","data":"x"}`,
			},
		},
		{
			"the user count of a channel without users is left out", `{"name":"f","channels":["presence-a","b"],"data":"x","info":"user_count"}`,
			`{"channels":{"presence-a":{"user_count":42},"b":{}}}`, nil,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture()
			f.hub.channels = []hub.ChannelInfo{{Name: "presence-a", Subscriptions: 51, Users: 42}}
			w := f.call("POST", "/apps/3/events", tt.body)
			checkAnswer(t, w, 200, tt.answer)
			if got := w.Header().Get("Content-Type"); got != "application/json" {
				t.Errorf("Content-Type %q", got)
			}
			if diff := cmp.Diff(tt.published, f.published()); tt.published != nil && diff != "" {
				t.Errorf("published (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPublishLeavesOutTheSender(t *testing.T) {
	f := newFixture()
	checkAnswer(t, f.call("POST", "/apps/3/events", `{"name":"f","channel":"a","data":"x","socket_id":"12.34"}`), 200, `{}`)
	want, _ := pusher.ParseSocketID("12.34")
	if got := f.hub.batches[0][0].Except; got != want {
		t.Errorf("left out %v, want %v", got, want)
	}
}

func TestPublishBatch(t *testing.T) {
	f := newFixture()
	f.hub.channels = []hub.ChannelInfo{{Name: "presence-a", Subscriptions: 3, Users: 2}}
	w := f.call("POST", "/apps/3/batch_events", `{"batch":[{"name":"f","channel":"presence-a","data":"1","info":"user_count"},{"name":"g","channel":"b","data":"2"}]}`)
	checkAnswer(t, w, 200, `{"batch":[{"user_count":2},{}]}`)
	want := []string{
		`presence-a {"event":"f","channel":"presence-a","data":"1"}`,
		`b {"event":"g","channel":"b","data":"2"}`,
	}
	if diff := cmp.Diff(want, f.published()); diff != "" {
		t.Errorf("published (-want +got):\n%s", diff)
	}
	if len(f.hub.batches) != 1 {
		t.Errorf("the batch came in %d parts", len(f.hub.batches))
	}
	checkAnswer(t, f.call("POST", "/apps/3/batch_events", `{"batch":[{"name":"f","channel":"a","data":"1"}]}`), 200, `{}`)
}

func TestPublishRefuses(t *testing.T) {
	long := strings.Repeat("x", 201)
	event := func(fields string) string { return `{"name":"f","channel":"a","data":"x",` + fields + `}` }
	batch := func(items string) string { return `{"batch":[{"name":"f","channel":"a","data":"x"},` + items + `]}` }
	tests := []struct {
		name, path, body string
		status           int
	}{
		{"malformed JSON", "events", `{"name":`, 400},
		{"no body", "events", ``, 400},
		{"an array", "events", `[]`, 400},
		{"no name", "events", `{"channel":"a","data":"x"}`, 400},
		{"a name of the protocol", "events", `{"name":"pusher:ping","channel":"a","data":"x"}`, 400},
		{"an internal name", "events", `{"name":"pusher_internal:x","channel":"a","data":"x"}`, 400},
		{"a long name", "events", `{"name":"` + long + `","channel":"a","data":"x"}`, 400},
		{"no data", "events", `{"name":"f","channel":"a"}`, 400},
		{"no channel", "events", `{"name":"f","data":"x"}`, 400},
		{"an empty list of channels", "events", `{"name":"f","channels":[],"data":"x"}`, 400},
		{"a wrong channel", "events", `{"name":"f","channel":"a b","data":"x"}`, 400},
		{"a reserved channel", "events", `{"name":"f","channel":"#a","data":"x"}`, 400},
		{"a long channel", "events", `{"name":"f","channel":"` + long + `","data":"x"}`, 400},
		{"too many channels", "events", `{"name":"f","data":"x","channels":` + manyChannels(101) + `}`, 400},
		{"a wrong socket id", "events", event(`"socket_id":"abc"`), 400},
		{"an unknown attribute", "events", event(`"info":"color"`), 400},
		{"an attribute that publishing does not have", "events", event(`"info":"cache"`), 400},
		{"data over the limit", "events", `{"name":"f","channel":"a","data":"` + strings.Repeat("x", 100<<10+1) + `"}`, 413},
		{"a batch that is none", "batch_events", `{"batch":{}}`, 400},
		{"an empty batch", "batch_events", `{"batch":[]}`, 400},
		{"a batch with a wrong last item", "batch_events", batch(`{"name":"f","channel":"a b","data":"x"}`), 400},
		{"a batch that is too big", "batch_events", batch(strings.TrimSuffix(strings.Repeat(`{"name":"f","channel":"a","data":"x"},`, 10), ",")), 400},
		{"a batch with too much data in one item", "batch_events", batch(`{"name":"f","channel":"a","data":"` + strings.Repeat("x", 100<<10+1) + `"}`), 413},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture()
			w := f.call("POST", "/apps/3/"+tt.path, tt.body)
			checkAnswer(t, w, tt.status, "")
			checkFailureBody(t, w)
			if len(f.hub.batches) != 0 {
				t.Errorf("something was published: %v", f.published())
			}
		})
	}
}

func manyChannels(n int) string {
	var names []string
	for i := range n {
		names = append(names, fmt.Sprintf(`"c%d"`, i))
	}
	return "[" + strings.Join(names, ",") + "]"
}

func TestPublishHasTheLimitsOfTheApp(t *testing.T) {
	f := newFixture().withApp(func(a *contract.App) {
		one, none := uint32(1), uint32(0)
		a.Limits.MaxEventPayloadInKB = &one
		a.Limits.MaxEventBatchSize = &none
	})
	checkAnswer(t, f.call("POST", "/apps/3/events", `{"name":"f","channel":"a","data":"`+strings.Repeat("x", 1025)+`"}`), 413, "")
	items := strings.TrimSuffix(strings.Repeat(`{"name":"f","channel":"a","data":"x"},`, 50), ",")
	checkAnswer(t, f.call("POST", "/apps/3/batch_events", `{"batch":[`+items+`]}`), 200, `{}`)
}

func TestPublishWithoutRoom(t *testing.T) {
	f := newFixture()
	for _, err := range []error{hub.ErrFull, fmt.Errorf("publish: %w", hub.ErrFull), context.DeadlineExceeded} {
		f.hub.err = err
		w := f.call("POST", "/apps/3/events", `{"name":"f","channel":"a","data":"x"}`)
		checkAnswer(t, w, http.StatusServiceUnavailable, "")
		checkFailureBody(t, w)
		if got := w.Header().Get("Retry-After"); got != "1" {
			t.Errorf("Retry-After %q, want 1", got)
		}
	}
	if got := f.metrics.App("3").PublishRefused.Load(); got != 2 {
		t.Errorf("counted %d refused calls, want 2", got)
	}
}
