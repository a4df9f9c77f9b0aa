package faults

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/jackfield/jackfield/sdk/testserver"
	"github.com/jackfield/jackfield/test/launch"
)

// onSQSBut is the configuration of a queue on SQS with a mistake.
func onSQSBut(m mistake) map[string]any {
	config := onSQS("http://127.0.0.1:1", true)
	maps.Copy(config["queue"].(map[string]any)["sqs"].(map[string]any), m.options)
	config["cache"], config["shutdown_grace_period"] = map[string]any{"driver": "none"}, 1
	return config
}

// A queue that cannot be reached may come later: the server serves its clients, and
// the log names the key that may be wrong and what was found.
func TestAQueueThatCannotBeReachedIsTold(t *testing.T) {
	t.Parallel()
	nowhere, silent := fmt.Sprint("http://127.0.0.1:", testserver.Port(t)), "http://"+deaf(t).String()
	for _, m := range []mistake{
		{"port", map[string]any{"endpoint_url": nowhere}, []string{nowhere, "connection refused"}},
		{"silent port", map[string]any{"endpoint_url": silent}, []string{silent, "timed out"}},
		{"host", map[string]any{"endpoint_url": "http://no-such-host.invalid"}, []string{"lookup no-such-host.invalid"}},
	} {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			s := built.Start(t, launch.Options{Config: onSQSBut(m)})
			for _, word := range append(m.words, "check queue.sqs.endpoint_url") {
				until(t, "the log to say "+word, func() bool { return strings.Contains(s.Log(), word) })
			}
			if _, err := dial(s.Port, launch.Demo.Key); err != nil {
				t.Error(err)
			}
		})
	}
}

// A queue that turns the server away, or is of another type, ends the start.
func TestAQueueThatCannotBeUsedEndsTheStart(t *testing.T) {
	t.Parallel()
	wrongKey := amazon(t, "InvalidClientTokenId", "The security token included in the request is invalid.")
	noRight := amazon(t, "AccessDenied", "User: arn:aws:iam::1:user/app is not authorized to perform: sqs:getqueueurl")
	for _, m := range []mistake{
		{"credentials", map[string]any{"endpoint_url": wrongKey, "aws_secret_access_key": "hunter2"}, []string{"InvalidClientTokenId", "check the credentials"}},
		{"rights", map[string]any{"endpoint_url": noRight}, []string{"may do sqs:GetQueueUrl on this queue", "queue.sqs.region"}},
		{"type", map[string]any{"queue_url": "http://127.0.0.1/1/jobs"}, []string{"queue.sqs.fifo is true, but queue_url is http://127.0.0.1/1/jobs", "end in .fifo"}},
	} {
		t.Run(m.name, func(t *testing.T) {
			text := refusal(t, onSQSBut(m))
			for _, word := range m.words {
				if !strings.Contains(text, word) {
					t.Errorf("the server does not say %q:\n%s", word, text)
				}
			}
			if strings.Contains(text, "hunter2") {
				t.Error("the server tells the secret")
			}
		})
	}
}
