package rfc6455

import (
	"net/http"
	"strings"
	"testing"

	"github.com/jackfield/jackfield/test/launch"
)

// without is the headers of an upgrade but one.
func without(name string) string {
	var rest strings.Builder
	for line := range strings.Lines(plainUpgrade) {
		if !strings.HasPrefix(line, name+":") {
			rest.WriteString(line)
		}
	}
	return rest.String()
}

func TestHandshake(t *testing.T) {
	const path = "/app/app-key?protocol=7"
	table := []struct {
		section, name, start, headers string
		status                        int
	}{
		{"4.1", "as a browser asks", "GET " + path + " HTTP/1.1", plainUpgrade, 101},
		{"4.2.1", "names and values in other letters", "GET " + path + " HTTP/1.1", strings.NewReplacer("Upgrade: websocket", "uPGRADE: WebSocket", "Connection: Upgrade", "CONNECTION: keep-alive, upgrade", "Sec-WebSocket-Key", "sec-websocket-key").Replace(plainUpgrade), 101},
		{"4.2.1", "with what a server may pass over", "GET " + path + " HTTP/1.1", plainUpgrade + "Origin: https://example.org\r\nCookie: a=b\r\nSec-WebSocket-Extensions: x-unheard-of\r\n", 101},
		{"4.2.1", "POST", "POST " + path + " HTTP/1.1", plainUpgrade + "Content-Length: 0\r\n", 404},
		{"4.2.1", "HTTP/1.0", "GET " + path + " HTTP/1.0", plainUpgrade, 400},
		{"4.2.1", "no Upgrade", "GET " + path + " HTTP/1.1", without("Upgrade"), 426},
		{"4.2.1", "an upgrade to something else", "GET " + path + " HTTP/1.1", without("Upgrade") + "Upgrade: h2c\r\n", 426},
		{"4.2.1", "no Connection", "GET " + path + " HTTP/1.1", without("Connection"), 400},
		{"4.2.1", "no key", "GET " + path + " HTTP/1.1", without("Sec-WebSocket-Key"), 400},
		{"4.2.1", "a key that is not 16 bytes", "GET " + path + " HTTP/1.1", without("Sec-WebSocket-Key") + "Sec-WebSocket-Key: c2hvcnQ=\r\n", 400},
		{"4.2.1", "a key that is not base64", "GET " + path + " HTTP/1.1", without("Sec-WebSocket-Key") + "Sec-WebSocket-Key: ************************\r\n", 400},
		{"4.2.2", "no version", "GET " + path + " HTTP/1.1", without("Sec-WebSocket-Version"), 426},
		{"4.4", "version 8", "GET " + path + " HTTP/1.1", without("Sec-WebSocket-Version") + "Sec-WebSocket-Version: 8\r\n", 426},
		{"4.2.2", "no Host", "", "", 400},
	}
	onBoth(t, func(t *testing.T, s *launch.Server) {
		for _, c := range table {
			t.Run(c.section+" "+c.name, func(t *testing.T) {
				p := connect(t, s)
				var resp *http.Response
				if c.start == "" {
					p.send(t, "GET "+path+" HTTP/1.1\r\n"+plainUpgrade+"\r\n")
					resp = p.answer(t)
				} else {
					resp = p.request(t, c.start, c.headers)
				}
				if resp.StatusCode != c.status {
					t.Fatalf("answered %s, want %d", resp.Status, c.status)
				}
				checkHeaders(t, resp)
			})
		}
	})
}

// checkHeaders checks what section 4.2.2 asks of the answer, and 4.4 of one to
// another version.
func checkHeaders(t *testing.T, resp *http.Response) {
	t.Helper()
	switch h := resp.Header; resp.StatusCode {
	case http.StatusUpgradeRequired:
		if h.Get("Sec-WebSocket-Version") != "13" {
			t.Errorf("no version is offered: %v", h)
		}
	case http.StatusSwitchingProtocols:
		if !strings.EqualFold(h.Get("Upgrade"), "websocket") || !strings.EqualFold(h.Get("Connection"), "upgrade") || h.Get("Sec-WebSocket-Accept") != sampleAccept {
			t.Errorf("headers of the answer: %v", h)
		}
		if h.Get("Sec-WebSocket-Extensions") != "" || h.Get("Sec-WebSocket-Protocol") != "" {
			t.Errorf("something was chosen that nobody offered: %v", h)
		}
	}
}
