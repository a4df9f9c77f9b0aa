package webhook

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackfield/jackfield/core/internal/pusher"
	"github.com/jackfield/jackfield/sdk/contract"
)

// QueueName is the queue of the jobs.
const QueueName = "webhooks"

// maxJobBytes is the largest body of a job, as the contract of queues has it.
const maxJobBytes = 256 << 10

// Job is what the body of a job says: which webhook of which app is to get which
// events. It holds no secret and no address; both are looked up when it is sent.
type Job struct {
	AppID string `json:"app"`
	// Webhook is the identity of the webhook within the app.
	Webhook string `json:"webhook"`
	// TimeMS is when the first of the events happened, in milliseconds of Unix time.
	TimeMS int64 `json:"time_ms"`
	// Events is the list as it is sent.
	Events json.RawMessage `json:"events"`
}

// anyAttempts lets the age of a job decide when it is given up, not the queue.
const anyAttempts = 1 << 30

// newJob makes the job of some events, which are joined by commas. id is the
// delivery's id over all repetitions.
func newJob(id, appID string, h *hook, subject string, timeMS int64, events []byte) contract.Job {
	body := append(make([]byte, 0, len(events)+len(appID)+96), `{"app":`...)
	body = pusher.AppendQuoted(body, appID)
	body = append(body, `,"webhook":"`...)
	body = append(body, h.id...)
	body = append(body, `",`...)
	body = appendPayload(body, timeMS, events)
	return contract.Job{
		Queue: QueueName, ID: id, GroupKey: h.groupKey(subject), Body: body, MaxAttempts: anyAttempts,
	}
}

// appendPayload appends time_ms and events and the end of the object.
func appendPayload(dst []byte, timeMS int64, events []byte) []byte {
	dst = append(dst, `"time_ms":`...)
	dst = strconv.AppendInt(dst, timeMS, 10)
	dst = append(dst, `,"events":[`...)
	dst = append(dst, events...)
	return append(dst, "]}"...)
}

// DecodeJob reads the body of a job. What it does not know in it, as a node of a
// later version may have written, it passes over.
func DecodeJob(body []byte) (*Job, error) {
	j := new(Job)
	d := json.NewDecoder(bytes.NewReader(body))
	if err := d.Decode(j); err != nil {
		return nil, fmt.Errorf("decode webhook job: %w", err)
	}
	switch {
	case d.More():
		return nil, errors.New("decode webhook job: something follows it")
	case j.AppID == "" || j.Webhook == "":
		return nil, errors.New("decode webhook job: it names no app or no webhook")
	case len(j.Events) < 2 || j.Events[0] != '[':
		return nil, errors.New("decode webhook job: events are no list")
	}
	return j, nil
}

// payload is the body of the request.
func (j *Job) payload() []byte {
	return appendPayload([]byte{'{'}, j.TimeMS, j.Events[1:len(j.Events)-1])
}

// born is when the first event happened.
func (j *Job) born() time.Time { return time.UnixMilli(j.TimeMS) }
