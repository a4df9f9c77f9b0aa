package webhook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/textproto"
	"net/url"
	"time"

	"github.com/jackfield/jackfield/core/internal/apps"
)

// The headers of the Pusher protocol, and ours for the id of a delivery.
const (
	headerType      = "Content-Type"
	headerKey       = "X-Pusher-Key"
	headerSignature = "X-Pusher-Signature"
	headerID        = "X-Webhook-Id"
	contentType     = "application/json" // exactly so: receivers compare the whole value
	userAgent       = "jackfield"
)

// message is one request to be: what is sent to whom, signed for now.
type message struct {
	hook    *hook
	payload []byte
	headers map[string]string // of the protocol
}

// newMessage signs the payload with the app's present secret.
func newMessage(app *apps.App, h *hook, id string, payload []byte) (*message, error) {
	if len(app.Signers) == 0 {
		return nil, errors.New("the app has no secret to sign with")
	}
	return &message{hook: h, payload: payload, headers: map[string]string{
		headerType:      contentType,
		headerKey:       app.Record.Key,
		headerSignature: string(app.Signers[0].AppendHex(nil, payload)),
		headerID:        id,
	}}, nil
}

// notForUs are headers that belong to the connection.
var notForUs = map[string]bool{
	"Connection": true, "Content-Length": true, "Expect": true, "Host": true, "Keep-Alive": true,
	"Proxy-Connection": true, "Te": true, "Trailer": true, "Transfer-Encoding": true, "Upgrade": true,
}

// eachHeader yields the headers of the webhook that replace none of ours, then ours.
func (m *message) eachHeader(yield func(name, value string)) {
	for name, value := range m.hook.Headers {
		name = textproto.CanonicalMIMEHeaderKey(name)
		if _, ours := m.headers[name]; !ours && !notForUs[name] {
			yield(name, value)
		}
	}
	for name, value := range m.headers {
		yield(name, value)
	}
}

// answer is what came of a request; err is nil if a status was received.
type answer struct {
	status int
	detail string // of a failure, for people
	failed bool   // although the status says otherwise
	err    error
}

func (a answer) delivered() bool {
	return a.err == nil && !a.failed && a.status >= 200 && a.status < 300
}

// final reports whether the receiver wants to hear no more of this.
func (a answer) final() bool { return a.err == nil && a.status == http.StatusGone }

// reason says what went wrong, without secrets that stand in URLs.
func (a answer) reason() string {
	if a.err == nil {
		return fmt.Sprintf("answered %d%s", a.status, a.detail)
	}
	if netErr, ok := errors.AsType[net.Error](a.err); ok && netErr.Timeout() || errors.Is(a.err, context.DeadlineExceeded) {
		return "no answer in time"
	}
	err := a.err
	if inner, ok := errors.AsType[*url.Error](err); ok {
		err = inner.Err // the outer one shows the URL
	}
	return "cannot be reached: " + err.Error()
}

// sender sends messages.
type sender struct {
	client *http.Client
	lambda *lambda
}

const (
	dialTimeout    = 5 * time.Second
	idleTimeout    = 90 * time.Second
	idlePerHost    = 16
	idleAltogether = 512
)

func newTransport() *http.Transport {
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: dialTimeout}).DialContext,
		TLSHandshakeTimeout: dialTimeout,
		ForceAttemptHTTP2:   true,
		MaxIdleConns:        idleAltogether,
		MaxIdleConnsPerHost: idlePerHost,
		IdleConnTimeout:     idleTimeout,
	}
}

func newSender(transport http.RoundTripper, getenv func(string) string, now func() time.Time) *sender {
	if transport == nil {
		transport = newTransport()
	}
	client := &http.Client{
		Transport: transport,
		// Another address is another receiver: neither signature nor headers are for it.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return &sender{client: client, lambda: &lambda{client: client, getenv: getenv, now: now}}
}

// send sends a message and waits for the answer until ctx ends.
func (s *sender) send(ctx context.Context, m *message) answer {
	if m.hook.Lambda != nil {
		return s.lambda.invoke(ctx, m)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, m.hook.URL, bytes.NewReader(m.payload))
	if err != nil {
		return answer{err: err}
	}
	req.Header.Set("User-Agent", userAgent)
	m.eachHeader(req.Header.Set)
	if host := hostHeader(m.hook.Headers); host != "" {
		req.Host = host
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return answer{err: err}
	}
	finish(resp)
	a := answer{status: resp.StatusCode}
	if resp.StatusCode/100 == 3 {
		a.detail = ", a redirect, which is not followed; set the webhook's url to the new address"
	}
	return a
}

// hostHeader is the name that a webhook wants its receiver to be called by.
func hostHeader(headers map[string]string) string {
	for name, value := range headers {
		if textproto.CanonicalMIMEHeaderKey(name) == "Host" {
			return value
		}
	}
	return ""
}

// maxAnswer is how much of an answer is read so that the connection can be used again.
const maxAnswer = 64 << 10

func finish(resp *http.Response) {
	_, _ = io.CopyN(io.Discard, resp.Body, maxAnswer)
	_ = resp.Body.Close()
}

func (s *sender) close() { s.client.CloseIdleConnections() }
