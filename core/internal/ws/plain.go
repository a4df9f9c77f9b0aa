package ws

import (
	"bufio"
	"net"
	"sync"
	"time"
)

// handedOver is the listener from which net/http takes the connections that
// asked for something else than a socket.
type handedOver struct {
	addr  net.Addr
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newHandedOver(addr net.Addr) *handedOver {
	return &handedOver{addr: addr, conns: make(chan net.Conn), done: make(chan struct{})}
}

func (l *handedOver) give(c net.Conn) {
	select {
	case l.conns <- c:
	case <-l.done:
		_ = c.Close()
	}
}

// Accept waits for the next connection, or returns net.ErrClosed.
func (l *handedOver) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

// Close ends Accept. It may be called twice.
func (l *handedOver) Close() error {
	l.once.Do(func() { close(l.done) })
	return nil
}

// Addr is the address of the listener that took the connections.
func (l *handedOver) Addr() net.Addr { return l.addr }

// playback is a connection for net/http: what was read to look at the request
// line comes first.
type playback struct {
	c  *Conn
	br *bufio.Reader
}

func (p *playback) Read(b []byte) (int, error) {
	if p.br != nil {
		if p.br.Buffered() > 0 {
			return p.br.Read(b[:min(len(b), p.br.Buffered())])
		}
		giveBack(p.br)
		p.br = nil
	}
	return p.c.Read(b)
}

// Write blocks like that of any connection: this one is never upgraded, or not yet.
func (p *playback) Write(b []byte) (int, error) { return p.c.Write(b) }

func (p *playback) Close() error {
	p.c.kill()
	return nil
}

func (p *playback) CloseWrite() error {
	if cw, ok := p.c.nc.(interface{ CloseWrite() error }); ok {
		return cw.CloseWrite()
	}
	return nil
}

func (p *playback) LocalAddr() net.Addr                { return p.c.nc.LocalAddr() }
func (p *playback) RemoteAddr() net.Addr               { return p.c.nc.RemoteAddr() }
func (p *playback) SetDeadline(t time.Time) error      { return p.c.nc.SetDeadline(t) }
func (p *playback) SetReadDeadline(t time.Time) error  { return p.c.nc.SetReadDeadline(t) }
func (p *playback) SetWriteDeadline(t time.Time) error { return p.c.nc.SetWriteDeadline(t) }
