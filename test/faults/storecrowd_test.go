package faults

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackfield/jackfield/test/launch"
)

// storeCrowd are the clients of one server whose store gets into trouble: those of the
// app known, and those of apps that have changed: strict, which takes only so many
// clients, and off, which takes none.
type storeCrowd struct {
	server  *launch.Server
	plugins []int     // processes
	quiet   []*client // of known
	inside  []*client // of strict, all that it takes
	heard   *atomic.Int64
	sent    int64
	labours []*labour // of which the first one publishes
}

// gather brings the crowd to the apps as they are before they change.
func gather(t *testing.T, s *launch.Server) *storeCrowd {
	t.Helper()
	quiet, err := crowd(s.Port, "known-key", "quiet", 40)
	err = errors.Join(err, enters(s, "strict", 0), publishes(s, "strict", http.StatusOK), enters(s, "off", 0))
	if err != nil {
		t.Fatal(err)
	}
	return &storeCrowd{server: s, plugins: children(s.PID()), quiet: quiet, heard: listen(t, s)}
}

// enters connects to an app, which closes the connection with one of these codes, or
// not at all (0).
func enters(s *launch.Server, id string, codes ...int) error {
	c, err := dial(s.Port, id+"-key")
	end, refused := errors.AsType[closed](err)
	switch {
	case err == nil:
		_ = c.conn.Close()
	case !refused:
		return fmt.Errorf("a client of %s: %w", id, err)
	}
	if !slices.Contains(codes, end.code) {
		return fmt.Errorf("a client of %s: closed with %d, want one of %v", id, end.code, codes)
	}
	return nil
}

// publishes publishes to an app with its first secret, which is answered with one of
// these statuses.
func publishes(s *launch.Server, id string, statuses ...int) error {
	api := newAPI(s.URL(), id, id+"-key", id+"-secret")
	defer api.http.CloseIdleConnections()
	if status, err := api.publish("room", "m", "{}"); err != nil || !slices.Contains(statuses, status) {
		return fmt.Errorf("publish to %s: %d, %v; want one of %v", id, status, err, statuses)
	}
	return nil
}

// fill has clients come to strict until it takes no more.
func (c *storeCrowd) fill(t *testing.T, most int) {
	t.Helper()
	for len(c.inside) < most {
		until(t, "strict to take another client", func() bool {
			one, err := dial(c.server.Port, "strict-key")
			if err == nil {
				c.inside = append(c.inside, one)
			}
			return err == nil
		})
	}
	until(t, "the changes of apps to count", func() bool { return c.changed(0) == nil })
}

// changed asks the apps that have changed for what they no longer give.
func (c *storeCrowd) changed(int64) error {
	return errors.Join(enters(c.server, "strict", 4004), publishes(c.server, "strict", http.StatusUnauthorized), enters(c.server, "off", 4003))
}

// visit is another client of known, who subscribes and goes.
func (c *storeCrowd) visit(int64) error {
	guest, err := dial(c.server.Port, "known-key")
	if err != nil {
		return fmt.Errorf("a new client of a known app: %w", err)
	}
	defer guest.conn.Close()
	return guest.subscribe("visitors")
}

// begin has the crowd be busy until it finishes.
func (c *storeCrowd) begin(t *testing.T, failed chan<- error) {
	t.Helper()
	api := newAPI(c.server.URL(), "known", "known-key", "known-secret")
	publish := func(int64) error {
		if status, err := api.publish("room", "news", "{}"); err != nil || status != http.StatusOK {
			return fmt.Errorf("publish: %d, %w", status, err)
		}
		return nil
	}
	c.labours = []*labour{
		begin(t, 10*time.Millisecond, failed, publish),
		begin(t, 50*time.Millisecond, failed, c.visit),
		begin(t, 50*time.Millisecond, failed, c.changed),
	}
	until(t, "messages", func() bool { return c.labours[0].done.Load() > 10 })
}

// finish has everything heard that was published.
func (c *storeCrowd) finish(t *testing.T) {
	t.Helper()
	finish(t, c.labours)
	c.sent += c.labours[0].done.Load()
	until(t, "the last message", func() bool { return c.heard.Load() == c.sent })
}

// alive has everybody who came before hear one last message, from the processes that
// were there before.
func (c *storeCrowd) alive(t *testing.T, channel string) {
	t.Helper()
	for _, one := range c.quiet {
		one.wait()
		if err := one.subscribe(channel); err != nil {
			t.Fatalf("a client after the outage: %v", err)
		}
	}
	api := newAPI(c.server.URL(), "known", "known-key", "known-secret")
	if status, err := api.publish(channel, "goodbye", "{}"); err != nil || status != http.StatusOK {
		t.Fatalf("publish: %d, %v", status, err)
	}
	for _, one := range c.quiet {
		if err := one.await("goodbye"); err != nil {
			t.Errorf("a client after the outage: %v", err)
		}
	}
	for _, one := range c.inside {
		one.wait()
		if err := one.subscribe(channel); err != nil {
			t.Errorf("a client of strict after the outage: %v", err)
		}
	}
	if now := children(c.server.PID()); !slices.Equal(now, c.plugins) {
		t.Errorf("the plugins are the processes %v now, and were %v", now, c.plugins)
	}
}

// listen counts what a client hears in the room, all the time: one who does not
// read would hold up nobody but himself, and fall behind.
func listen(t *testing.T, s *launch.Server) *atomic.Int64 {
	t.Helper()
	c, err := dial(s.Port, "known-key")
	if err == nil {
		err = c.subscribe("room")
	}
	if err != nil {
		t.Fatal(err)
	}
	var heard atomic.Int64
	var group sync.WaitGroup
	group.Go(func() {
		for {
			c.wait()
			e, err := c.next()
			if err != nil {
				return
			}
			if e.Event == "news" {
				heard.Add(1)
			}
		}
	})
	t.Cleanup(func() { _ = c.conn.Close(); group.Wait() })
	return &heard
}
