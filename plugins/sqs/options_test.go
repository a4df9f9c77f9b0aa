package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/jackfield/jackfield/sdk"
	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/testserver"
)

func TestWrongOptionsAreNamedWithTheirCure(t *testing.T) {
	const standard, fifo = "https://sqs.eu-west-1.amazonaws.com/1/jobs", "https://sqs.eu-west-1.amazonaws.com/1/jobs.fifo"
	tests := map[string]struct {
		settings  map[string]any
		key, cure string
	}{
		"no region":                         {map[string]any{"region": ""}, "region", "such as us-east-1"},
		"too long a wait":                   {map[string]any{"wait_time_seconds": 21}, "wait_time_seconds", "from 0 to 20"},
		"too many messages":                 {map[string]any{"max_messages": 11}, "max_messages", "from 1 to 10"},
		"too long a visibility":             {map[string]any{"visibility_timeout": 43201}, "visibility_timeout", "from 1 to 43200"},
		"no workers":                        {map[string]any{"concurrency": 0}, "concurrency", "from 1"},
		"an endpoint that is no URL":        {map[string]any{"endpoint_url": "localhost:9324"}, "endpoint_url", "must be a URL"},
		"a prefix that is no URL":           {map[string]any{"queue_url_prefix": "jobs-"}, "queue_url_prefix", "must be a URL"},
		"prefix and URL":                    {map[string]any{"queue_url": standard, "queue_url_prefix": "http://x/"}, "queue_url", "keep one of them"},
		"fifo and the URL of a standard":    {map[string]any{"queue_url": standard, "fifo": true}, "queue_url", "set fifo to false"},
		"no fifo and the URL of a FIFO one": {map[string]any{"queue_url": fifo}, "queue_url", "set fifo to true"},
		"half of the credentials":           {map[string]any{"aws_access_key_id": "i", "aws_secret_access_key": ""}, "aws_secret_access_key", "set both"},
		"a token alone":                     {map[string]any{"aws_access_key_id": "", "aws_secret_access_key": "", "aws_session_token": "t"}, "aws_access_key_id", "is missing"},
		"a jitter above 1":                  {map[string]any{"reliability": map[string]any{"retry_jitter": 2}}, "reliability.retry_jitter", "from 0 to 1"},
		"too short a lease":                 {map[string]any{"reliability": map[string]any{"lease_duration_ms": 5}}, "reliability.lease_duration_ms", "from 1000"},
		"an unknown profile": {
			map[string]any{"aws_profile_name": "nobody", "aws_access_key_id": "", "aws_secret_access_key": ""}, "aws_profile_name", "correct the profile",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := map[string]any{"aws_access_key_id": "i", "aws_secret_access_key": "s"}
			for k, v := range tt.settings {
				s[k] = v
			}
			_, err := openQueue(context.Background(), decoded(t, s), sdk.Env{})
			problems, ok := errors.AsType[contract.OptionErrors](err)
			if !ok || len(problems) != 1 || problems[0].Path != tt.key || !strings.Contains(problems[0].Problem, tt.cure) {
				t.Errorf("got %v; want one problem of %s that says %q", err, tt.key, tt.cure)
			}
		})
	}
}

// refusing is an endpoint that answers everything with one error.
func refusing(t *testing.T, status int, code string) *httptest.Server {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"__type":"com.amazonaws.sqs#%s","message":"we do not want you"}`, code)
	}))
	t.Cleanup(s.Close)
	return s
}

func TestWhatSQSRefusesHasItsErrorAndNamesTheCure(t *testing.T) {
	tests := map[string]struct {
		status int
		code   string
		want   error
		text   string
	}{
		"bad key":            {403, "InvalidClientTokenId", contract.ErrAuth, "check the credentials"},
		"bad secret":         {403, "SignatureDoesNotMatch", contract.ErrAuth, "check the credentials"},
		"wrong region":       {400, "InvalidSignatureException", contract.ErrAuth, "queue.sqs.region"},
		"missing right":      {403, "AccessDeniedException", contract.ErrAuth, "sqs:GetQueueUrl"},
		"expired token":      {400, "ExpiredToken", contract.ErrAuth, "check the credentials"},
		"throttled":          {400, "ThrottlingException", contract.ErrOverloaded, "ThrottlingException"},
		"requests throttled": {403, "RequestThrottled", contract.ErrOverloaded, "RequestThrottled"},
		"too many requests":  {429, "Whatever", contract.ErrOverloaded, "Whatever"},
		"a proxy's refusal":  {403, "Whatever", contract.ErrAuth, "check the credentials"},
		"broken":             {500, "InternalFailure", contract.ErrUnavailable, "InternalFailure"},
		"bad argument":       {400, "InvalidAttributeValue", contract.ErrInvalid, "InvalidAttributeValue"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			q := openTest(t, settings(refusing(t, tt.status, tt.code).URL, true))
			_, err := q.Consume(t.Context(), contract.ConsumeOptions{Queue: "webhooks", Lease: time.Second})
			sent := q.Enqueue(t.Context(), []contract.Job{{Queue: "webhooks", ID: "1", GroupKey: "g"}})[0]
			for _, err := range []error{err, sent} {
				if !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.text) {
					t.Errorf("got %v, want %v and %q", err, tt.want, tt.text)
				}
			}
			if errors.Is(tt.want, contract.ErrOverloaded) && contract.RetryAfter(err) == 0 {
				t.Error("there is no hint when to try again")
			}
		})
	}
}

func TestAnEndpointThatIsAwayNamesItsKey(t *testing.T) {
	q := openTest(t, settings(fmt.Sprintf("http://127.0.0.1:%d", testserver.Port(t)), false))
	if _, err := q.Consume(t.Context(), contract.ConsumeOptions{Queue: "webhooks", Lease: time.Second}); !errors.Is(err, contract.ErrUnavailable) {
		t.Errorf("Consume: %v", err)
	}
	err := q.Health(t.Context())
	if !errors.Is(err, contract.ErrUnavailable) || !strings.Contains(err.Error(), "queue.sqs.endpoint_url") {
		t.Errorf("Health: %v", err)
	}
}

func TestWithoutCredentialsTheStartFails(t *testing.T) {
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"} {
		t.Setenv(name, "")
	}
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	t.Setenv("HOME", t.TempDir())
	_, err := openQueue(context.Background(), decoded(t, map[string]any{}), sdk.Env{})
	if !errors.Is(err, contract.ErrAuth) || !strings.Contains(err.Error(), "AWS_ACCESS_KEY_ID") {
		t.Errorf("got %v", err)
	}
}

func TestTemporaryCredentialsOfTheEnvironmentSignRequests(t *testing.T) {
	seen := make(chan http.Header, 100)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen <- r.Header.Clone()
		w.WriteHeader(http.StatusInternalServerError)
	}))
	defer s.Close()
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIDENV")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	t.Setenv("AWS_SESSION_TOKEN", "token-of-the-environment")
	q := openTest(t, map[string]any{"endpoint_url": s.URL, "region": "eu-central-1"})
	_ = q.Health(t.Context())
	h := <-seen
	if h.Get("X-Amz-Security-Token") != "token-of-the-environment" || !strings.Contains(h.Get("Authorization"), "AKIDENV/") ||
		!strings.Contains(h.Get("Authorization"), "/eu-central-1/sqs/") {
		t.Errorf("signed with %v", h)
	}
}
