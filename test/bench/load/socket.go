//go:build linux

package load

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
)

// App is an app as its clients know it.
type App struct {
	ID, Key, Secret string
}

// Socket is a client. Its calls block; one goroutine at a time may use it.
type Socket struct {
	// ID is the socket id, known after Established.
	ID string

	stream io.ReadWriteCloser
	fd     int    // -1 over TLS
	got    []byte // what was read ahead
	meter  meter
}

// dial connects and asks for the upgrade, but does not wait for the answer.
func (c *Crowd) dial() (*Socket, error) {
	s, err := c.open()
	if err != nil {
		return nil, err
	}
	request := "GET /app/" + c.App.Key + "?protocol=7&client=bench&version=1.0 HTTP/1.1\r\nHost: " + c.Addr +
		"\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
	if _, err := io.WriteString(s.stream, request); err != nil {
		s.Close()
		return nil, fmt.Errorf("upgrade: %w", err)
	}
	return s, nil
}

func (c *Crowd) open() (*Socket, error) {
	if c.Secure {
		conn, err := tls.Dial("tcp", c.Addr, &tls.Config{InsecureSkipVerify: true})
		if err != nil {
			return nil, fmt.Errorf("connect: %w", err)
		}
		return &Socket{stream: conn, fd: -1}, nil
	}
	fd, err := connect(c.Addr, c.Narrow)
	if err != nil {
		return nil, err
	}
	return &Socket{stream: descriptor(fd), fd: fd}, nil
}

// Close closes the descriptor.
func (s *Socket) Close() { _ = s.stream.Close() }

// Established waits until the server has accepted the connection.
func (s *Socket) Established() error {
	for !bytes.Contains(s.got, []byte("\r\n\r\n")) {
		if err := s.more(); err != nil {
			return err
		}
	}
	head, rest, _ := bytes.Cut(s.got, []byte("\r\n\r\n"))
	if !bytes.HasPrefix(head, []byte("HTTP/1.1 101")) {
		return fmt.Errorf("upgrade was refused: %q", head)
	}
	s.got = rest
	hello, err := s.wait("pusher:connection_established")
	if err != nil {
		return err
	}
	_, after, _ := bytes.Cut(hello, []byte(`socket_id\":\"`))
	id, _, ok := bytes.Cut(after, []byte(`\"`))
	if !ok {
		return fmt.Errorf("no socket id in %q", hello)
	}
	s.ID = string(id)
	return nil
}

// Send sends text messages in one write.
func (s *Socket) Send(messages ...[]byte) error {
	var b []byte
	for _, m := range messages {
		b = appendText(b, m)
	}
	_, err := s.stream.Write(b)
	return err
}

// Subscribed waits for the acknowledgements of n subscriptions.
func (s *Socket) Subscribed(n int) error {
	for range n {
		if _, err := s.wait("pusher_internal:subscription_succeeded"); err != nil {
			return err
		}
	}
	return nil
}

// surplus forgets what was read ahead, all but where its last frame ends.
func (s *Socket) surplus() {
	s.meter.count(s.got)
	s.got = nil
}

// wait reads messages until one contains event.
func (s *Socket) wait(event string) ([]byte, error) {
	for {
		op, payload, rest, ok := cutFrame(s.got)
		if !ok {
			if err := s.more(); err != nil {
				return nil, fmt.Errorf("wait for %s: %w", event, err)
			}
			continue
		}
		s.got = rest
		switch {
		case op == opClose:
			return nil, fmt.Errorf("wait for %s: closed with %q", event, payload)
		case bytes.Contains(payload, []byte(event)):
			return payload, nil
		case bytes.Contains(payload, []byte("error")):
			return nil, fmt.Errorf("wait for %s: got %q", event, payload)
		}
	}
}

func (s *Socket) more() error {
	var buf [4096]byte
	n, err := s.stream.Read(buf[:])
	s.got = append(s.got, buf[:n]...)
	if n > 0 {
		return nil
	}
	return errors.Join(err, errors.New("connection ended"))
}
