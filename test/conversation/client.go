package conversation

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/jackfield/jackfield/test/strict"
)

// Unasked are the events that a server may send at times of its own.
var Unasked = []string{"pusher_internal:subscription_count"}

// client is one named client of a script.
type client struct {
	socket *socket
	id     string // socket id, once greeted
	seen   []string
	over   bool // closed by either side
}

func (c *client) note(direction string, text []byte) {
	const most = 400
	if len(text) > most {
		text = append(text[:most:most], "..."...)
	}
	c.seen = append(c.seen, direction+" "+string(text))
}

// say sends one text frame.
func (c *client) say(text string) error {
	c.note(">", []byte(text))
	return c.socket.send(finBit|opText, []byte(text))
}

// hear returns the next text frame; skip says which events to pass over.
func (c *client) hear(skip func(event string) bool) (string, error) {
	for {
		op, payload, err := c.socket.receive()
		if err != nil {
			return "", fmt.Errorf("no frame: %w", err)
		}
		if op == opClose {
			code, reason := closeCode(payload)
			c.note("<", fmt.Appendf(nil, "close %s %s", code, reason))
			return "", fmt.Errorf("closed by the server: %s %s", code, reason)
		}
		c.note("<", payload)
		if op != opText {
			return "", fmt.Errorf("frame with opcode %d: %q", op, payload)
		}
		if err := strict.Check(payload); err != nil {
			return "", err
		}
		if !skip(eventOf(payload)) {
			return string(payload), nil
		}
	}
}

// closed reads the server's close frame, answers it and waits for the end.
func (c *client) closed(skip func(event string) bool) (code, reason string, err error) {
	for {
		op, payload, err := c.socket.receive()
		switch {
		case err != nil:
			return "", "", fmt.Errorf("no close frame: %w", err)
		case op == opText && skip(eventOf(payload)):
			continue
		case op != opClose:
			return "", "", fmt.Errorf("instead of a close frame: %s", payload)
		}
		c.over = true
		code, reason = closeCode(payload)
		_ = c.socket.send(finBit|opClose, payload) // may be gone already
		defer c.socket.conn.Close()
		return code, reason, c.socket.ended()
	}
}

// close closes as a good client does and waits for the server's answer.
func (c *client) close(skip func(event string) bool) error {
	if err := c.socket.send(finBit|opClose, binary.BigEndian.AppendUint16(nil, 1000)); err != nil {
		return err
	}
	code, _, err := c.closed(skip)
	if err == nil && code != "1000" {
		err = fmt.Errorf("close frame answered with %s, want 1000", code)
	}
	return err
}

// ping sends a ping control frame and waits for its pong.
func (c *client) ping(payload string) error {
	if err := c.socket.send(finBit|opPing, []byte(payload)); err != nil {
		return err
	}
	return c.ponged(payload)
}

// ponged waits for a pong control frame.
func (c *client) ponged(payload string) error {
	op, got, err := c.socket.receive()
	if err != nil {
		return fmt.Errorf("no pong: %w", err)
	}
	if op != opPong || string(got) != payload {
		return fmt.Errorf("want pong %q, got opcode %d %q", payload, op, got)
	}
	return nil
}

// greeted reads the greeting and keeps the socket id.
func (c *client) greeted() error {
	text, err := c.hear(func(string) bool { return false })
	if err != nil {
		return err
	}
	var hello struct{ Event, Data string }
	var data struct {
		SocketID string `json:"socket_id"`
	}
	if err := errors.Join(json.Unmarshal([]byte(text), &hello), json.Unmarshal([]byte(hello.Data), &data)); err != nil {
		return fmt.Errorf("greeting %s: %w", text, err)
	}
	if hello.Event != "pusher:connection_established" || data.SocketID == "" {
		return fmt.Errorf("the first frame is no greeting: %s", text)
	}
	c.id = data.SocketID
	return nil
}

func closeCode(payload []byte) (code, reason string) {
	if len(payload) < 2 {
		return "none", ""
	}
	return strconv.Itoa(int(binary.BigEndian.Uint16(payload))), string(payload[2:])
}

func eventOf(text []byte) string {
	var envelope struct{ Event string }
	_ = json.Unmarshal(text, &envelope)
	return envelope.Event
}
