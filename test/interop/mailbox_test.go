package interop

import (
	"encoding/json"
	"io"
	"net/http"
	"sync"

	"github.com/jackfield/jackfield/test/launch"
)

// mailbox is a receiver of webhooks: POST puts a request in, GET shows them all.
type mailbox struct {
	mu   sync.Mutex
	mail []letter
}

// letter is a request as it came.
type letter struct {
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body"`
}

func (m *mailbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if r.Method == http.MethodGet {
		_ = json.NewEncoder(w).Encode(m.mail)
		return
	}
	body, _ := io.ReadAll(r.Body)
	headers := map[string]string{}
	for name := range r.Header {
		headers[http.CanonicalHeaderKey(name)] = r.Header.Get(name)
	}
	m.mail = append(m.mail, letter{headers, string(body)})
}

// hooked is the demo app with a webhook for everything.
func hooked(url string) launch.App {
	app := launch.Demo
	app.Fields = map[string]any{"enable_client_messages": true, "enable_watchlist_events": true, "webhooks": []any{map[string]any{
		"url": url, "event_types": []string{
			"channel_occupied", "channel_vacated", "member_added", "member_removed", "client_event", "cache_miss", "subscription_count",
			"user_signed_in", "user_signed_out", "connection_opened", "connection_closed",
		},
	}}}
	return app
}
