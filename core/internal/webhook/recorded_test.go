package webhook

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jackfield/jackfield/core/internal/metrics"
	"github.com/jackfield/jackfield/sdk/contract"
)

// recordedJobs are jobs as nodes have put them into the queue since the first
// version, where they may wait for a day. A line is never changed.
var recordedJobs = []struct {
	hook            contract.Webhook
	id, group, body string
}{
	{
		hook: contract.Webhook{URL: home}, id: "89c679f589522d61", group: "a/89c679f589522d61/presence-x",
		body: `{"app":"a","webhook":"89c679f589522d61","time_ms":12,"events":[{"name":"member_added","channel":"presence-x","user_id":"7"}]}`,
	},
	{
		hook: contract.Webhook{Lambda: &contract.LambdaTarget{Region: "eu-west-1", FunctionName: "f"}}, id: "050332dc8352b67d", group: "a/050332dc8352b67d/presence-x",
		body: `{"app":"a","webhook":"050332dc8352b67d","time_ms":12,"events":[{"name":"member_added","channel":"presence-x","user_id":"7"}]}`,
	},
}

func TestRecordedJobs(t *testing.T) {
	for _, r := range recordedJobs {
		h := newPlan(app(r.hook)).hooks[0]
		e := event{kind: metrics.WebhookMemberAdded, channel: "presence-x", userID: "7"}
		got := newJob("id", "a", h, e.subject(), 12, e.appendJSON(nil))
		want := contract.Job{Queue: "webhooks", ID: "id", GroupKey: r.group, Body: []byte(r.body), MaxAttempts: 1 << 30}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-recorded +written):\n%s", diff)
		}
		j, err := DecodeJob([]byte(r.body))
		read := &Job{AppID: "a", Webhook: r.id, TimeMS: 12, Events: json.RawMessage(`[{"name":"member_added","channel":"presence-x","user_id":"7"}]`)}
		if diff := cmp.Diff(read, j); err != nil || diff != "" {
			t.Errorf("%v (-recorded +read):\n%s", err, diff)
		}
		if newPlan(app(r.hook)).find(j.Webhook) == nil {
			t.Error("the job does not find its webhook")
		}
	}
}

// A node of a later version may say more in a job; it is delivered all the same.
func TestAJobOfALaterVersion(t *testing.T) {
	for _, r := range recordedJobs {
		later := strings.TrimSuffix(r.body, "}") + `,"later":{"a":[1,"}"]}}`
		got, err := DecodeJob([]byte(later))
		want, _ := DecodeJob([]byte(r.body))
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
	}
}
