package faults

import (
	"bufio"
	"crypto/md5"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/jackfield/jackfield/test/socket"
)

// patience bounds every wait of these tests.
const patience = 2 * time.Minute

// client is a WebSocket client of the Pusher protocol. One goroutine uses it.
type client struct {
	conn net.Conn
	in   *bufio.Reader
	id   string
}

// event is one frame from the server. Data is what the string in the frame holds.
type event struct {
	Event   string
	Channel string
	Data    string
}

// closed is the error of a client that read a close frame.
type closed struct{ code int }

func (c closed) Error() string { return fmt.Sprintf("closed with %d", c.code) }

// dial connects to an app and reads the greeting.
func dial(port int, key string) (*client, error) {
	conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return nil, err
	}
	_ = conn.(*net.TCPConn).SetReadBuffer(64 << 10) // what the kernel holds for us does not test the server
	c := &client{conn: conn, in: bufio.NewReaderSize(conn, 2048)}
	c.wait()
	if err := c.greet(key); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return c, nil
}

// wait gives the client patience anew.
func (c *client) wait() { _ = c.conn.SetDeadline(time.Now().Add(patience)) }

func (c *client) greet(key string) error {
	if err := socket.Upgrade(c.conn, c.in, key); err != nil {
		return err
	}
	e, err := c.next()
	if err != nil {
		return err
	}
	if e.Event != "pusher:connection_established" {
		_, err = c.next() // the close frame behind the error
		return errors.Join(fmt.Errorf("greeted with %s %s", e.Event, e.Data), err)
	}
	var hello struct {
		SocketID string `json:"socket_id"`
	}
	err = json.Unmarshal([]byte(e.Data), &hello)
	c.id = hello.SocketID
	return err
}

func (c *client) send(format string, args ...any) error {
	return socket.WriteText(c.conn, fmt.Sprintf(format, args...))
}

// next reads the next event; pings and counts of subscriptions are skipped, a
// close frame is the error closed.
func (c *client) next() (event, error) {
	for {
		op, payload, err := socket.ReadFrame(c.in)
		switch {
		case err != nil:
			return event{}, err
		case op == socket.OpClose && len(payload) >= 2:
			return event{}, closed{int(binary.BigEndian.Uint16(payload))}
		case op == socket.OpText:
			if e, err := parse(payload); err != nil || e.Event != "pusher_internal:subscription_count" {
				return e, err
			}
		}
	}
}

func parse(payload []byte) (event, error) {
	var e struct {
		Event, Channel string
		Data           json.RawMessage
	}
	if err := json.Unmarshal(payload, &e); err != nil {
		return event{}, fmt.Errorf("frame %q: %w", payload, err)
	}
	out := event{e.Event, e.Channel, string(e.Data)}
	_ = json.Unmarshal(e.Data, &out.Data)
	return out, nil
}

// subscribe joins a public channel and waits for the acknowledgement.
func (c *client) subscribe(channel string) error {
	if err := c.send(`{"event":"pusher:subscribe","data":{"channel":%q}}`, channel); err != nil {
		return err
	}
	return c.await("pusher_internal:subscription_succeeded")
}

// await reads until an event of this name.
func (c *client) await(name string) error {
	for {
		e, err := c.next()
		if err != nil || e.Event == name {
			return err
		}
	}
}

// api publishes over one kept-alive connection.
type api struct {
	base, id, key, secret string
	http                  http.Client
}

func newAPI(base, id, key, secret string) *api {
	return &api{base: base, id: id, key: key, secret: secret, http: http.Client{
		Timeout: patience, Transport: &http.Transport{MaxIdleConnsPerHost: 16},
	}}
}

// publish sends one event and returns the status.
func (a *api) publish(channel, name, data string) (int, error) {
	body, err := json.Marshal(map[string]string{"name": name, "channel": channel, "data": data})
	if err != nil {
		return 0, err
	}
	return a.post("/apps/"+a.id+"/events", body)
}

func (a *api) post(path string, body []byte) (int, error) {
	sum := md5.Sum(body)
	query := fmt.Sprintf("auth_key=%s&auth_timestamp=%d&auth_version=1.0&body_md5=%x", a.key, time.Now().Unix(), sum)
	resp, err := a.http.Post(a.base+path+"?"+query+"&auth_signature="+sign(a.secret, "POST\n"+path+"\n"+query), "application/json", strings.NewReader(string(body)))
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, err
}

func sign(secret, text string) string { return socket.Sign(secret, text) }

// crowd dials n clients at once and subscribes each to a channel.
func crowd(port int, key, channel string, n int) ([]*client, error) {
	clients, errs := make([]*client, n), make([]error, n)
	var wg sync.WaitGroup
	turns := make(chan struct{}, 32)
	for i := range n {
		wg.Go(func() {
			turns <- struct{}{}
			defer func() { <-turns }()
			c, err := dial(port, key)
			if err == nil {
				err = c.subscribe(channel)
			}
			clients[i], errs[i] = c, err
		})
	}
	wg.Wait()
	return clients, errors.Join(errs...)
}
