package webhook

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/jackfield/jackfield/core/internal/metrics"
	"github.com/jackfield/jackfield/sdk/contract"
)

func TestJobHoldsNoSecretAndNoAddress(t *testing.T) {
	record := app(contract.Webhook{
		URL: "https://user:password@host.test/?token=t", EventTypes: []string{"channel_occupied"}, Headers: map[string]string{"Authorization": "Bearer b"},
	})
	h := newPlan(record).hooks[0]
	j := newJob("id", "a", h, "x", 12, (&event{kind: metrics.WebhookOccupied, channel: "x"}).appendJSON(nil))
	for _, part := range []string{secret, "password", "token", "host.test", "Bearer"} {
		if strings.Contains(string(j.Body)+j.GroupKey+j.ID, part) {
			t.Errorf("%q stands in %s", part, j.Body)
		}
	}
	read, err := DecodeJob(j.Body)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(read.payload()), `{"time_ms":12,"events":[{"name":"channel_occupied","channel":"x"}]}`; got != want {
		t.Errorf("payload %s, want %s", got, want)
	}
}

func TestGroupKeys(t *testing.T) {
	record := app(to(home), to(home), to("http://other.test/"))
	p := newPlan(record)
	keys := map[string]bool{}
	for _, h := range p.hooks {
		for _, subject := range []string{"x", "y", strings.Repeat("z", 300), "\xff", "user:7"} {
			key := h.groupKey(subject)
			if keys[key] || len(key) > maxGroupKey || !strings.Contains(key, h.id) {
				t.Errorf("group key %q of %q", key, subject)
			}
			keys[key] = true
		}
	}
	if p.find(p.hooks[1].id) != p.hooks[1] || newPlan(app(to(home))).find(p.hooks[1].id) == nil || p.find("0123") != nil {
		t.Error("jobs do not find their webhook")
	}
}

func FuzzDecodeJob(f *testing.F) {
	f.Add([]byte(`{"app":"a","webhook":"0123456789abcdef","time_ms":12,"events":[{"name":"channel_occupied","channel":"x"}]}`))
	f.Add([]byte(`{"app":"a","webhook":"w","time_ms":-1,"events":[]}`))
	f.Add([]byte(`{"app":"a","webhook":"w","time_ms":1,"events":{}}`))
	f.Add([]byte(`{"app":"","webhook":"w"} x`))
	f.Fuzz(func(t *testing.T, body []byte) {
		j, err := DecodeJob(body)
		if err != nil {
			return
		}
		payload := j.payload()
		if !json.Valid(payload) {
			t.Errorf("payload %q of %q", payload, body)
		}
		var sent struct {
			TimeMS int64             `json:"time_ms"`
			Events []json.RawMessage `json:"events"`
		}
		if err := json.Unmarshal(payload, &sent); err != nil || sent.TimeMS != j.TimeMS {
			t.Errorf("payload %q of %q: %v", payload, body, err)
		}
		if !bytes.Contains(payload, j.Events[1:len(j.Events)-1]) {
			t.Error("the events changed")
		}
	})
}
