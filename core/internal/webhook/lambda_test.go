package webhook

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jackfield/jackfield/core/internal/apps"
	"github.com/jackfield/jackfield/core/internal/pusher"
	"github.com/jackfield/jackfield/sdk/contract"
)

// The test suite of Signature Version 4, as AWS has published it.
func TestSignatureVersion4(t *testing.T) {
	const form = "application/x-www-form-urlencoded"
	tests := map[string]struct {
		method, url, body string
		header            http.Header
		want              string
	}{
		"get-vanilla":                        {"GET", "https://example.amazonaws.com/", "", nil, "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
		"get-vanilla-query-order-key-case":   {"GET", "https://example.amazonaws.com/?Param2=value2&Param1=value1", "", nil, "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
		"post-vanilla":                       {"POST", "https://example.amazonaws.com/", "", nil, "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
		"post-x-www-form-urlencoded":         {"POST", "https://example.amazonaws.com/", "Param1=value1", http.Header{"Content-Type": {form}}, "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"},
		"post-x-www-form-urlencoded-charset": {"POST", "https://example.amazonaws.com/", "Param1=value1", http.Header{"Content-Type": {form + "; charset=utf8"}}, "1a72ec8f64bd914b0e42e42607c7fbce7fb2c7465f63e3092b3b0d39fa77a6fe"},
	}
	at := time.Date(2015, 8, 30, 12, 36, 0, 0, time.UTC)
	creds := credentials{ID: "AKIDEXAMPLE", Secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			req := httptest.NewRequest(tt.method, tt.url, nil)
			for k, v := range tt.header {
				req.Header[k] = v
			}
			creds.sign(req, []byte(tt.body), scope{"us-east-1", "service"}, at)
			if got := req.Header.Get("Authorization"); !strings.HasSuffix(got, "Signature="+tt.want) {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestLambdaGetsPayloadAndHeaders(t *testing.T) {
	tests := map[string]struct {
		async      bool
		status     int
		failure    string
		invocation string
		delivered  bool
	}{
		"waits":          {false, 200, "", "RequestResponse", true},
		"does not wait":  {true, 202, "", "Event", true},
		"function fails": {false, 200, "Unhandled", "RequestResponse", false},
		"throttled":      {false, 429, "", "RequestResponse", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := new(invoked)
			endpoint := httptest.NewServer(got.handler(tt.status, tt.failure))
			defer endpoint.Close()
			env := map[string]string{
				"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "aws-secret", "AWS_SESSION_TOKEN": "token",
				"AWS_REGION": "eu-west-1", "AWS_ENDPOINT_URL_LAMBDA": endpoint.URL,
			}
			s := newSender(nil, func(name string) string { return env[name] }, time.Now)
			defer s.close()
			a := s.send(t.Context(), lambdaMessage(t, tt.async))
			if a.delivered() != tt.delivered {
				t.Errorf("answer %+v: %s", a, a.reason())
			}
			got.check(t, tt.invocation)
		})
	}
}

// invoked is what a function was given.
type invoked struct {
	head http.Header
	path string
	body []byte
}

func (i *invoked) handler(status int, failure string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		i.body, _ = io.ReadAll(r.Body)
		i.head, i.path = r.Header, r.URL.EscapedPath()
		if failure != "" {
			w.Header().Set("X-Amz-Function-Error", failure)
		}
		w.WriteHeader(status)
	}
}

func (i *invoked) check(t *testing.T, invocation string) {
	t.Helper()
	const payload = `{"time_ms":1,"events":[]}`
	headers, _ := json.Marshal(map[string]string{
		"Content-Type": "application/json", "X-Pusher-Key": "key", "X-Mine": "yes", "X-Webhook-Id": "id-1",
		"X-Pusher-Signature": string(pusher.NewSigner(secret).AppendHex(nil, []byte(payload))),
	})
	if diff := cmp.Diff(`{"payload":`+payload+`,"headers":`+string(headers)+`}`, string(i.body)); diff != "" {
		t.Error(diff)
	}
	if i.head.Get("X-Amz-Invocation-Type") != invocation || i.head.Get("X-Amz-Security-Token") != "token" ||
		!strings.Contains(i.head.Get("Authorization"), "/eu-west-1/lambda/aws4_request") {
		t.Errorf("headers %v", i.head)
	}
	if want := "/2015-03-31/functions/arn%3Aaws%3Alambda%3Afn/invocations"; i.path != want {
		t.Errorf("path %s, want %s", i.path, want)
	}
}

func lambdaMessage(t *testing.T, async bool) *message {
	t.Helper()
	record := app(contract.Webhook{
		Lambda:  &contract.LambdaTarget{FunctionName: "arn:aws:lambda:fn", Async: async},
		Headers: map[string]string{"X-Mine": "yes", "X-Pusher-Key": "forged"},
	})
	r := apps.New(apps.Options{Complete: true})
	r.Replace([]*contract.App{record})
	m, err := newMessage(r.Held("a").Load(), newPlan(record).hooks[0], "id-1", []byte(`{"time_ms":1,"events":[]}`))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestLambdaNeedsCredentials(t *testing.T) {
	s := newSender(nil, func(string) string { return "" }, time.Now)
	if a := s.send(t.Context(), lambdaMessage(t, false)); !strings.Contains(a.reason(), "AWS_ACCESS_KEY_ID") {
		t.Errorf("reason: %s", a.reason())
	}
}

// Neither passwords nor tokens of a URL reach a log or a dead letter.
func TestReasonShowsNoURL(t *testing.T) {
	s := newSender(nil, func(string) string { return "" }, time.Now)
	m := lambdaMessage(t, false)
	m.hook.Lambda, m.hook.URL = nil, "http://user:password@127.0.0.1:1/?token=t"
	if reason := s.send(t.Context(), m).reason(); strings.Contains(reason, "password") || strings.Contains(reason, "token") {
		t.Errorf("reason: %s", reason)
	}
}
