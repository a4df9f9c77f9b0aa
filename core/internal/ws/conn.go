package ws

import (
	"cmp"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"time"

	"github.com/lxzan/gws"

	"github.com/jackfield/jackfield/core/internal/deflate"
	"github.com/jackfield/jackfield/core/internal/frame"
)

// Owner is what a connection belongs to: its session. The reader goroutine
// calls Frame, Alive and Gone; they must return quickly and use little stack.
type Owner interface {
	// Frame takes one whole message. It may block to slow the client down.
	Frame(m Message)
	// Alive tells that something, if only a control frame, has come in.
	Alive()
	// Gone is called once, last: nothing more will come in and nothing goes out.
	Gone()
	// Overflow is called once when more is parked than the limits allow. Any
	// goroutine that writes may call it; the owner closes the connection.
	Overflow()
}

// Limits bound what one connection may have parked.
type Limits struct {
	// Bytes and Messages are the caps; 0 means no cap of that sort.
	Bytes    int
	Messages int
	// Drop throws messages away while there is no room, instead of reporting an
	// overflow.
	Drop bool
}

// Conn is one upgraded connection. All methods may be called by any goroutine
// and none blocks.
type Conn struct {
	outlet
	tls      *tls.Conn
	borrowed *borrowed // how the reader reads from tls
	owner    Owner
	server   *Server
	ahead    []byte         // read with the request, belongs to the first frames
	guard    *deflate.Guard // nil unless messages may be compressed
	// Guarded by outlet.mu:
	parkedFrames int32
	closed       uint16 // the code of our close frame, be it out or parked; 0: there is none
	over         bool   // the owner was told

	left bool // the client sent a close frame; only the reader touches it
}

var _ net.Conn = (*Conn)(nil)

// ErrClosing is what gws sees when it writes after our close frame.
var ErrClosing = errors.New("connection is closing")

// Own says who c belongs to; once, before the first Send.
func (c *Conn) Own(o Owner) { c.owner = o }

// Send sends whole frames, or parks what the kernel does not take now. It keeps
// nothing of b. After Close it does nothing.
func (c *Conn) Send(b []byte) {
	if c.tls != nil {
		c.sendTLS(b)
		return
	}
	c.mu.Lock()
	if c.closed != 0 || c.broken {
		c.mu.Unlock()
		return
	}
	if c.drops(b) {
		c.mu.Unlock()
		return
	}
	c.put(b)
	over := c.flushing && c.overCap(b)
	c.mu.Unlock()
	if over {
		c.owner.Overflow()
	}
}

func (c *Conn) sendTLS(b []byte) {
	c.mu.Lock()
	closing := c.closed != 0 || c.drops(b)
	c.mu.Unlock()
	if closing {
		return
	}
	_, _ = c.tls.Write(b)
	c.mu.Lock()
	over := c.flushing && c.overCap(b)
	c.mu.Unlock()
	if over {
		c.owner.Overflow()
	}
}

// drops reports whether b is thrown away because there is no room. mu is held.
func (c *Conn) drops(b []byte) bool {
	lim := &c.server.opts.Limits
	return lim.Drop && c.flushing && c.full(len(b), frame.Count(b))
}

// full reports whether so much more does not fit. mu is held.
func (c *Conn) full(bytes int, frames int32) bool {
	lim := &c.server.opts.Limits
	return lim.Bytes > 0 && c.waiting()+bytes > lim.Bytes || lim.Messages > 0 && int(c.parkedFrames+frames) > lim.Messages
}

// overCap counts the frames of b as parked and tells, once, that there are too
// many. mu is held and something is parked.
func (c *Conn) overCap(b []byte) bool {
	if c.waiting() <= len(b) {
		c.parkedFrames = 0
	}
	c.parkedFrames += frame.Count(b)
	if c.over || c.server.opts.Limits.Drop || !c.full(0, 0) {
		return false
	}
	c.over = true
	return true
}

// Parked is the number of bytes that wait for the client.
func (c *Conn) Parked() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.waiting()
}

// CloseWith sends last (may be nil) and a close frame with code and reason,
// ends the write side, and closes the descriptor when the client has answered or
// the linger time has passed. Only the first call counts.
func (c *Conn) CloseWith(last []byte, code uint16, reason string) {
	c.mu.Lock()
	first := c.closed == 0
	if first {
		c.closed = cmp.Or(code, noCode)
	}
	c.mu.Unlock()
	if !first {
		return
	}
	b := frame.AppendClose(append([]byte(nil), last...), code, reason)
	if c.tls != nil {
		_, _ = c.tls.Write(b)
	}
	c.mu.Lock()
	if c.tls == nil && !c.broken {
		c.put(b)
	}
	c.finishWrites()
	c.mu.Unlock()
	_ = c.nc.SetReadDeadline(time.Now().Add(c.server.opts.Linger))
}

// noCode stands for a close frame without a code, as it does in RFC 6455.
const noCode = 1005

// ClosedWith is the code of our close frame; 0 if there was none, or it had none.
func (c *Conn) ClosedWith() uint16 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed == noCode {
		return 0
	}
	return c.closed
}

// Kill closes the descriptor at once. Gone follows.
func (c *Conn) Kill() { c.kill() }

// Left reports whether the client sent a close frame, be it as an answer to ours.
// It is known once Gone is called.
func (c *Conn) Left() bool { return c.left }

// Secure reports whether the client came over TLS.
func (c *Conn) Secure() bool { return c.tls != nil }

// Read is for gws and the handshake.
func (c *Conn) Read(b []byte) (int, error) {
	n, err := c.readRaw(b)
	if c.guard != nil && c.guard.Check(b[:n]) != nil {
		c.CloseWith(nil, 1002, closeReasons[1002])
		return 0, deflate.ErrReserved
	}
	return n, err
}

func (c *Conn) readRaw(b []byte) (int, error) {
	if len(c.ahead) > 0 {
		n := copy(b, c.ahead)
		if c.ahead = c.ahead[n:]; len(c.ahead) == 0 {
			c.ahead = nil
		}
		return n, nil
	}
	switch {
	case c.tls == nil:
		return c.kernel.Read(b)
	case c.patient:
		return c.tls.Read(b)
	default:
		return c.borrowed.Read(b)
	}
}

// source is what the reader reads from: the shortest way to the kernel, since
// each call on it costs stack for the connection's life.
func (c *Conn) source() io.Reader {
	switch {
	case len(c.ahead) > 0, c.guard != nil:
		return c
	case c.tls != nil:
		return c.borrowed
	default:
		return &c.kernel
	}
}

// Write is for the handshake and gws. After the handshake all that gws writes
// of its own accord are close frames: ours takes their place, once.
func (c *Conn) Write(b []byte) (int, error) {
	c.mu.Lock()
	blocking := c.blocking
	c.mu.Unlock()
	switch {
	case blocking && c.tls != nil:
		return c.tls.Write(b)
	case blocking:
		return c.outlet.Write(b)
	case len(b) >= 2 && b[0]&0x0f == 8:
		c.answerClose(b)
		return len(b), nil
	}
	return 0, ErrClosing
}

// answerClose sends the close frame that gws wants to send, with its code and
// without its words. For 1000 it waits for leave: gws says that to every code of
// a client below 3000.
func (c *Conn) answerClose(b []byte) {
	code := uint16(0)
	if len(b) >= 4 {
		code = binary.BigEndian.Uint16(b[2:])
	}
	if code == 1000 {
		return
	}
	if c.guard != nil && code == 1011 {
		code = inflateCode(b)
	}
	c.CloseWith(nil, code, closeReasons[code])
}

// leave is how the reader ended. It answers a client's close frame with the code
// that came, if nothing else was said.
func (c *Conn) leave(err error) {
	code := uint16(1000)
	bye, left := errors.AsType[*gws.CloseError](err)
	if left {
		code = bye.Code
	}
	c.left = left
	c.CloseWith(nil, code, closeReasons[code])
}

var closeReasons = map[uint16]string{
	1002: "protocol error",
	1007: "text is not UTF-8",
	1009: "message too big",
}

// Close is for gws: the descriptor stays open until the reader is done.
func (c *Conn) Close() error { return nil }

// SetDeadline is for gws, whose handshake deadline the server has already set.
func (c *Conn) SetDeadline(time.Time) error { return nil }

// pong answers a ping with its payload.
func (c *Conn) pong(payload []byte) {
	var b [frame.MaxControl + frame.MaxHeader]byte
	c.Send(frame.AppendPong(b[:0], payload))
}

// Ping sends a ping frame without payload.
func (c *Conn) Ping() { c.Send(pingFrame) }

var pingFrame = frame.AppendPing(nil, nil)
