package cluster

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/jackfield/jackfield/test/history"
	"github.com/jackfield/jackfield/test/launch"
	"github.com/jackfield/jackfield/test/socket"
)

// client is a WebSocket client; a goroutine of its own reads and keeps lists.
type client struct {
	conn net.Conn
	buf  *bufio.Reader
	id   string
	node int
	done chan struct{}

	mu    sync.Mutex
	lists map[string]*history.List
	sizes map[string]string // by channel: the last subscription_count
	heard []event
	wrong error
	gone  bool // the connection has ended
}

// event is one frame from the server.
type event struct {
	Event   string
	Channel string
	Data    json.RawMessage
}

// text is what the string of an event's data holds.
func (e *event) text() string {
	var s string
	if json.Unmarshal(e.Data, &s) != nil {
		return string(e.Data)
	}
	return s
}

// dial connects to an app and reads the greeting.
func dial(port int, key string) (*client, error) {
	conn, err := net.Dial("tcp", fmt.Sprint("127.0.0.1:", port))
	if err != nil {
		return nil, err
	}
	c := &client{
		conn: conn, buf: bufio.NewReader(conn), done: make(chan struct{}),
		lists: map[string]*history.List{}, sizes: map[string]string{},
	}
	_ = conn.SetDeadline(time.Now().Add(patience))
	if err := c.greet(key); err != nil {
		_ = conn.Close()
		return nil, err
	}
	_ = conn.SetDeadline(time.Time{})
	go c.read()
	return c, nil
}

func (c *client) greet(key string) error {
	if err := socket.Upgrade(c.conn, c.buf, key); err != nil {
		return err
	}
	e, err := c.next()
	if err != nil {
		return err
	}
	if e.Event != "pusher:connection_established" {
		return fmt.Errorf("greeted with %s %s", e.Event, e.text())
	}
	var hello struct {
		SocketID string `json:"socket_id"`
	}
	err = json.Unmarshal([]byte(e.text()), &hello)
	c.id = hello.SocketID
	return err
}

func (c *client) send(payload string) {
	_ = socket.WriteText(c.conn, payload) // the reader notices
}

// read keeps what comes until the connection ends.
func (c *client) read() {
	defer close(c.done)
	for {
		e, err := c.next()
		c.mu.Lock()
		if err != nil {
			c.gone = true
			c.mu.Unlock()
			_ = c.conn.Close() // the server waits for that
			return
		}
		c.take(e)
		c.mu.Unlock()
	}
}

// take keeps an event. mu is held.
func (c *client) take(e event) {
	var err error
	switch e.Event {
	case "pusher_internal:subscription_succeeded":
		var d struct {
			Presence struct {
				Hash map[string]json.RawMessage
			}
		}
		_ = json.Unmarshal([]byte(e.text()), &d)
		members := map[string]string{}
		for user, info := range d.Presence.Hash {
			members[user] = string(info)
		}
		c.lists[e.Channel] = &history.List{}
		c.lists[e.Channel].Begin(members)
	case "pusher_internal:member_added":
		if l := c.lists[e.Channel]; l != nil { // else on its way when the client left
			err = l.Added(userIn(e), "")
		}
	case "pusher_internal:member_removed":
		if l := c.lists[e.Channel]; l != nil {
			err = l.Removed(userIn(e))
		}
	case "pusher_internal:subscription_count":
		c.sizes[e.Channel] = e.text()
		return
	case "pusher:pong":
		return
	}
	if err != nil && c.wrong == nil {
		c.wrong = fmt.Errorf("%s: %w", e.Channel, err)
	}
	c.heard = append(c.heard, e)
}

func userIn(e event) string {
	var d struct {
		UserID string `json:"user_id"`
	}
	_ = json.Unmarshal([]byte(e.text()), &d)
	return d.UserID
}

// next reads the next event; a ping is answered.
func (c *client) next() (event, error) {
	for {
		op, payload, err := socket.ReadFrame(c.buf)
		switch {
		case err != nil:
			return event{}, err
		case op == socket.OpClose:
			return event{}, errors.New("closed")
		case op == socket.OpText:
			var e event
			if err := json.Unmarshal(payload, &e); err != nil {
				return e, err
			}
			if e.Event == "pusher:ping" {
				c.send(`{"event":"pusher:pong"}`)
				continue
			}
			return e, nil
		}
	}
}

// enter asks for a presence channel.
func (c *client) enter(channel, user string) {
	data, _ := json.Marshal(fmt.Sprintf(`{"user_id":%q}`, user))
	var plain string
	_ = json.Unmarshal(data, &plain)
	c.send(fmt.Sprintf(`{"event":"pusher:subscribe","data":{"channel":%q,"auth":"%s:%s","channel_data":%s}}`,
		channel, launch.Demo.Key, sign(launch.Demo.Secret, c.id+":"+channel+":"+plain), data))
}

// subscribe asks for a public channel.
func (c *client) subscribe(channel string) {
	c.send(fmt.Sprintf(`{"event":"pusher:subscribe","data":{"channel":%q}}`, channel))
}

func (c *client) leave(channel string) {
	c.send(fmt.Sprintf(`{"event":"pusher:unsubscribe","data":{"channel":%q}}`, channel))
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.lists, channel)
}

// in reports whether the client was let into a channel.
func (c *client) in(channel string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lists[channel] != nil && !c.gone
}

// here reports whether the connection lives.
func (c *client) here() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.gone
}

func (c *client) members(channel string) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.lists[channel] == nil {
		return nil
	}
	return c.lists[channel].Users()
}

// count is how many events of a name came in a channel.
func (c *client) count(name, channel string) (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range c.heard {
		if e.Event == name && e.Channel == channel {
			n++
		}
	}
	return n
}

// got reports whether an event with this text came in a channel.
func (c *client) got(channel, text string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.ContainsFunc(c.heard, func(e event) bool { return e.Channel == channel && e.text() == text })
}

func (c *client) err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.wrong
}

func (c *client) close() {
	_ = c.conn.Close()
	<-c.done
}

func sign(secret, text string) string { return socket.Sign(secret, text) }
