package ws

import (
	"fmt"
	"io"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/lxzan/gws"
)

// Message is one inbound message. The holder calls Close once and does not use
// Bytes afterwards.
type Message struct{ m *gws.Message }

// Text reports whether this is a text message (else binary).
func (m Message) Text() bool { return m.m.Opcode == gws.OpcodeText }

// Bytes is the payload; valid until Close.
func (m Message) Bytes() []byte { return m.m.Bytes() }

// Close gives the buffer back.
func (m Message) Close() { _ = m.m.Close() }

// events turns gws's callbacks into calls of the owner.
type events struct{ gws.BuiltinEventHandler }

func owner(g *gws.Conn) (*Conn, Owner) {
	c := g.NetConn().(*Conn)
	return c, c.owner
}

// OnMessage hands the message over; it runs on the reader's small stack.
func (events) OnMessage(g *gws.Conn, m *gws.Message) {
	_, o := owner(g)
	o.Frame(Message{m})
}

// OnPing answers with the same payload through the one exit.
func (events) OnPing(g *gws.Conn, payload []byte) {
	c, o := owner(g)
	o.Alive()
	c.pong(payload)
}

// OnClose is called once by the reader when it has ended.
func (events) OnClose(g *gws.Conn, err error) {
	c, _ := owner(g)
	c.leave(err)
}

// OnPong counts as life.
func (events) OnPong(g *gws.Conn, _ []byte) {
	_, o := owner(g)
	o.Alive()
}

// readLoop is the one goroutine of a connection. A panic in the library (a
// frame length with its top bit set is one) ends this connection and no other.
func (c *Conn) readLoop(g *gws.Conn) {
	defer c.finish()
	g.ReadLoop()
}

func (c *Conn) finish() {
	if p := recover(); p != nil {
		c.server.logPanic(c.RemoteAddr().String(), p)
		c.CloseWith(nil, 1002, closeReasons[1002])
	}
	c.owner.Gone()
	c.drain()
	c.kill()
	c.server.forget()
}

// logPanic tells of a panic in the library, once a minute, for any client can cause one.
func (s *Server) logPanic(remote string, p any) {
	s.opts.Logger.Debug("closed a connection whose frames the library could not read", "remote", remote, "panic", p)
	if times, ok := s.panics.say(time.Now()); ok {
		s.opts.Logger.Warn("closed connections whose frames the library could not read; more of them within a minute show only as debug",
			"times", times, "last", remote, "panic", p)
	}
}

// drain reads what a client still sends after a close, so that the kernel does
// not answer it with a reset that would eat our close frame.
func (c *Conn) drain() {
	c.mu.Lock()
	gone := c.broken && !c.halfShut
	c.mu.Unlock()
	if gone {
		return
	}
	_ = c.nc.SetReadDeadline(time.Now().Add(c.server.opts.Linger))
	_, _ = io.CopyN(io.Discard, c.nc, drainMost)
}

// drainMost is how much of a closing client's talk is read.
const drainMost = 1 << 20

// libraryLog shows gws our logger; what it has to say is about single clients.
type libraryLog struct{ hclog.Logger }

func (l libraryLog) Error(v ...any) { l.Logger.Debug("websocket library", "says", fmt.Sprint(v...)) }
