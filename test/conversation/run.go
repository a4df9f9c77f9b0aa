package conversation

import (
	"crypto/rand"
	"crypto/tls"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Target is the server that scripts run against.
type Target struct {
	// URL is the base, "http://host:port" or "https://host:port".
	URL string
	// AnyCertificate accepts whatever certificate the server shows.
	AnyCertificate bool
	// App is the app that a script uses unless it says "use".
	App App
	// StepTimeout bounds the wait for each single frame or answer.
	StepTimeout time.Duration
}

// run is a script on its way. One goroutine works on it.
type run struct {
	target  Target
	host    string
	tls     *tls.Config // nil over plain TCP
	http    *http.Client
	app     App
	users   map[string]string
	clients map[string]*client
	watched []string
}

// Run runs the script against a server and returns nil, or an error that shows
// the line, what was expected, what came, and what was said before.
func Run(target Target, script *Script) error {
	r, err := newRun(target)
	if err != nil {
		return err
	}
	defer r.end()
	fresh := strings.ToLower(rand.Text())
	for _, l := range script.lines {
		text := strings.ReplaceAll(l.text, "$NEW", fresh)
		if err := r.step(text); err != nil {
			return fmt.Errorf("%s:%d: %s\n%w%s", script.Name, l.number, clip(text), err, r.transcript())
		}
	}
	if err := r.allQuiet(); err != nil {
		return fmt.Errorf("%s: at the end: %w%s", script.Name, err, r.transcript())
	}
	return nil
}

func newRun(target Target) (*run, error) {
	base, err := url.Parse(target.URL)
	if err != nil {
		return nil, fmt.Errorf("target: %w", err)
	}
	r := &run{target: target, host: base.Host, app: target.App, users: map[string]string{}, clients: map[string]*client{}}
	if base.Scheme == "https" {
		r.tls = &tls.Config{InsecureSkipVerify: target.AnyCertificate, ServerName: base.Hostname()}
	}
	r.http = &http.Client{Timeout: target.StepTimeout, Transport: &http.Transport{TLSClientConfig: r.tls}}
	return r, nil
}

// end drops the connections that are left.
func (r *run) end() {
	r.http.CloseIdleConnections()
	for _, c := range r.clients {
		if c.socket != nil {
			c.socket.conn.Close()
		}
	}
}

// allQuiet proves that no client received what no line expected.
func (r *run) allQuiet() error {
	for _, name := range slices.Sorted(maps.Keys(r.clients)) {
		c := r.clients[name]
		if c.socket == nil || c.over || c.id == "" {
			continue
		}
		if err := r.quiet(c, ""); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// transcript shows the last frames of each client.
func (r *run) transcript() string {
	const last = 8
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(r.clients)) {
		c := r.clients[name]
		fmt.Fprintf(&b, "\n  %s (socket id %q) said and heard:", name, c.id)
		for _, entry := range c.seen[max(0, len(c.seen)-last):] {
			fmt.Fprintf(&b, "\n    %s", entry)
		}
	}
	return b.String()
}

// skipping returns which events to pass over while a line waits for wanted.
func (r *run) skipping(wanted string) func(event string) bool {
	return func(event string) bool {
		return event != wanted && slices.Contains(Unasked, event) && !slices.Contains(r.watched, event)
	}
}

// client returns the client with this name.
func (r *run) client(name string) (*client, error) {
	c, ok := r.clients[name]
	if !ok {
		return nil, fmt.Errorf("no client %q: let it connect first", name)
	}
	return c, nil
}

func clip(text string) string {
	const most = 200
	if len(text) > most {
		return text[:most] + "..."
	}
	return text
}
