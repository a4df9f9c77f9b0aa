package faults

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/jackfield/jackfield/test/launch"
)

// Many publishers, subscribers that come and go: nobody misses, doubles or swaps
// a message of one publisher between two messages that it got.
func TestNothingIsLostDoubledOrSwapped(t *testing.T) {
	s := built.Start(t, launch.Options{})
	const publishers, messages, stayers, comers = 4, 300, 40, 20
	stay, err := crowd(s.Port, "app-key", "room", stayers)
	if err != nil {
		t.Fatal(err)
	}
	var readers, writers, churn sync.WaitGroup
	for _, c := range stay {
		readers.Go(func() {
			if err := wantAll(c, publishers, messages); err != nil {
				t.Error(err)
			}
		})
	}
	stop := make(chan struct{})
	for range comers {
		churn.Go(func() {
			if err := comeAndGo(s.Port, stop); err != nil {
				t.Error(err)
			}
		})
	}
	for p := range publishers {
		writers.Go(func() {
			a := newAPI(s.URL(), "app-id", "app-key", "app-secret")
			for i := range messages {
				if status, err := a.publish("room", "m", fmt.Sprintf("%d %d", p, i)); err != nil || status != 200 {
					t.Errorf("publish: %d %v", status, err)
					return
				}
			}
		})
	}
	writers.Wait()
	close(stop)
	readers.Wait()
	churn.Wait()
}

// wantAll reads every message of every publisher, each publisher's in order.
func wantAll(c *client, publishers, messages int) error {
	next := make([]int, publishers)
	for range publishers * messages {
		p, i, err := numbered(c)
		if err != nil {
			return err
		}
		if i != next[p] {
			return fmt.Errorf("publisher %d: got message %d, want %d", p, i, next[p])
		}
		next[p]++
	}
	return nil
}

func numbered(c *client) (publisher, message int, err error) {
	e, err := c.next()
	if err != nil {
		return 0, 0, err
	}
	if _, err := fmt.Sscan(e.Data, &publisher, &message); err != nil || e.Event != "m" {
		return 0, 0, fmt.Errorf("unexpected %s %q", e.Event, e.Data)
	}
	return publisher, message, nil
}

// comeAndGo subscribes, reads a few messages without a gap, and unsubscribes,
// again and again on one connection.
func comeAndGo(port int, stop <-chan struct{}) error {
	c, err := dial(port, "app-key")
	if err != nil {
		return err
	}
	defer c.conn.Close()
	for {
		select {
		case <-stop:
			return nil
		default:
		}
		if err := visit(c); err != nil {
			return err
		}
	}
}

func visit(c *client) error {
	if err := c.subscribe("room"); err != nil {
		return err
	}
	// The answer to the ping comes after all that was sent before the end of the subscription.
	if err := c.send(`{"event":"pusher:unsubscribe","data":{"channel":"room"}}`); err != nil {
		return err
	}
	if err := c.send(`{"event":"pusher:subscribe","data":{"channel":"done"}}`); err != nil {
		return err
	}
	last := map[int]int{}
	for {
		e, err := c.next()
		if err != nil {
			return err
		}
		if e.Channel == "done" {
			return c.send(`{"event":"pusher:unsubscribe","data":{"channel":"done"}}`)
		}
		var p, i int
		if _, err := fmt.Sscan(e.Data, &p, &i); err != nil || e.Event != "m" {
			return fmt.Errorf("unexpected %s %q", e.Event, e.Data)
		}
		if before, seen := last[p]; seen && i != before+1 {
			return fmt.Errorf("publisher %d: message %d after %d", p, i, before)
		}
		last[p] = i
	}
}

// Members come and go at once; a watcher's list, made from its snapshot and the
// events, is never out of sequence and in the end nobody but it is left.
func TestPresenceStaysOneSequence(t *testing.T) {
	s := built.Start(t, launch.Options{Config: map[string]any{"presence": map[string]any{"max_members_per_channel": 0}}})
	const users, tabs, rounds = 20, 2, 25
	watcher, err := dial(s.Port, "app-key")
	if err != nil {
		t.Fatal(err)
	}
	if err := watcher.join("watcher"); err != nil {
		t.Fatal(err)
	}
	watched := make(chan error, 1)
	go func() { watched <- watchMembers(watcher) }()
	var wg sync.WaitGroup
	for u := range users {
		for range tabs {
			wg.Go(func() {
				if err := flap(s.Port, fmt.Sprintf("user-%d", u), rounds); err != nil {
					t.Error(err)
				}
			})
		}
	}
	wg.Wait()
	a := newAPI(s.URL(), "app-id", "app-key", "app-secret")
	if status, err := a.publish("presence-room", "end", "x"); err != nil || status != 200 {
		t.Fatalf("publish: %d %v", status, err)
	}
	if err := <-watched; err != nil {
		t.Error(err)
	}
}

// join subscribes to the presence channel as user.
func (c *client) join(user string) error {
	data := fmt.Sprintf(`{"user_id":%q}`, user)
	auth := sign("app-secret", c.id+":presence-room:"+data)
	quoted, _ := json.Marshal(data)
	return c.send(`{"event":"pusher:subscribe","data":{"channel":"presence-room","auth":"app-key:%s","channel_data":%s}}`, auth, quoted)
}

// flap joins and leaves; each answer must hold the user itself.
func flap(port int, user string, rounds int) error {
	c, err := dial(port, "app-key")
	if err != nil {
		return err
	}
	defer c.conn.Close()
	for range rounds {
		if err := c.join(user); err != nil {
			return err
		}
		for {
			e, err := c.next()
			if err != nil {
				return err
			}
			if e.Event == "pusher_internal:subscription_succeeded" {
				if !strings.Contains(e.Data, `"`+user+`"`) {
					return fmt.Errorf("%s is not in its own snapshot %s", user, e.Data)
				}
				break
			}
		}
		if err := c.send(`{"event":"pusher:unsubscribe","data":{"channel":"presence-room"}}`); err != nil {
			return err
		}
	}
	// The answer to the ping tells that the last leave was handled.
	if err := c.send(`{"event":"pusher:ping"}`); err != nil {
		return err
	}
	return c.await("pusher:pong")
}

// watchMembers follows joins and leaves until the event "end".
func watchMembers(c *client) error {
	members := map[string]bool{}
	for {
		e, err := c.next()
		if err != nil {
			return err
		}
		var m struct {
			UserID   string `json:"user_id"`
			Presence struct{ IDs []string }
		}
		_ = json.Unmarshal([]byte(e.Data), &m)
		switch e.Event {
		case "pusher_internal:subscription_succeeded":
			for _, id := range m.Presence.IDs {
				members[id] = true
			}
		case "pusher_internal:member_added":
			if members[m.UserID] {
				return fmt.Errorf("%s was added twice", m.UserID)
			}
			members[m.UserID] = true
		case "pusher_internal:member_removed":
			if !members[m.UserID] {
				return fmt.Errorf("%s was removed but not there", m.UserID)
			}
			delete(members, m.UserID)
		case "end":
			delete(members, "watcher")
			if len(members) > 0 {
				return fmt.Errorf("still members at the end: %v", members)
			}
			return nil
		}
	}
}
