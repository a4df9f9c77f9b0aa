package ws

import (
	"bufio"
	"crypto/tls"
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// heads lends the buffers in which request heads are read.
var heads = sync.Pool{New: func() any { return bufio.NewReaderSize(nil, 4096) }}

func giveBack(br *bufio.Reader) {
	br.Reset(nil)
	heads.Put(br)
}

// greet takes a new connection through TLS and its first request head, and then
// upgrades it or hands it to net/http.
func (s *Server) greet(nc net.Conn) {
	defer s.settled(nc)
	c := &Conn{server: s}
	if err := c.init(nc); err != nil {
		if !s.isClosed() {
			s.opts.Logger.Error("cannot use a connection", "err", err)
		}
		_ = nc.Close()
		return
	}
	_ = nc.SetDeadline(time.Now().Add(s.opts.HeaderTimeout))
	if s.opts.TLS != nil {
		c.tls = tls.Server(&c.outlet, s.opts.TLS)
		if c.tls.Handshake() != nil {
			_ = nc.Close()
			return
		}
	}
	br := heads.Get().(*bufio.Reader)
	br.Reset(&io.LimitedReader{R: c, N: maxHead})
	if !s.asksForSocket(br) {
		if s.isClosed() { // cut off: no request that Shutdown would have to wait for
			giveBack(br)
			_ = nc.Close()
			return
		}
		_ = nc.SetDeadline(time.Time{})
		s.plain.give(&playback{c: c, br: br})
		return
	}
	defer giveBack(br)
	req, err := http.ReadRequest(br)
	if err != nil {
		_ = nc.Close()
		return
	}
	s.upgrade(c, req, br)
}

func (s *Server) asksForSocket(br *bufio.Reader) bool {
	return slices.ContainsFunc(s.opts.Prefixes, func(prefix string) bool { return asksFor(br, "GET "+prefix) })
}

func (s *Server) isSocketPath(path string) bool {
	return slices.ContainsFunc(s.opts.Prefixes, func(prefix string) bool { return strings.HasPrefix(path, prefix) })
}

// asksFor tells whether the request begins with want; it consumes nothing and
// waits for no more than it needs.
func asksFor(br *bufio.Reader, want string) bool {
	for n := 1; n <= len(want); n++ {
		got, err := br.Peek(n)
		if err != nil || got[n-1] != want[n-1] {
			return false
		}
	}
	return true
}

// upgrade answers req, whose remaining input is in br, and starts the reader.
func (s *Server) upgrade(c *Conn, req *http.Request, br *bufio.Reader) {
	header := http.Header{}
	if status := s.refusal(req, c, header); status != 0 {
		writeRefusal(c, status, header)
		c.kill()
		return
	}
	if n := br.Buffered(); n > 0 {
		c.ahead = make([]byte, n)
		_, _ = io.ReadFull(br, c.ahead)
	}
	c.negotiate(req)
	if c.tls != nil {
		c.borrowed = borrow(c)
	}
	g, err := s.upgrader.UpgradeFromConn(c, bufio.NewReaderSize(c.source(), readBuffer), req)
	if err != nil {
		c.kill()
		return
	}
	_ = c.nc.SetDeadline(time.Time{})
	c.unblock()
	c.patient = c.tls == nil
	s.open.Add(1)
	s.wg.Add(1)
	s.opts.Handler.Open(c, req)
	go c.readLoop(g)
}

func (s *Server) refusal(req *http.Request, c *Conn, answer http.Header) int {
	if !strings.EqualFold(req.Header.Get("Upgrade"), "websocket") || req.Header.Get("Sec-Websocket-Version") != "13" {
		answer.Set("Upgrade", "websocket")
		answer.Set("Sec-WebSocket-Version", "13")
		return http.StatusUpgradeRequired
	}
	if !req.ProtoAtLeast(1, 1) || req.Host == "" || !isNonce(req.Header.Get("Sec-Websocket-Key")) {
		return http.StatusBadRequest
	}
	return s.opts.Handler.Refuse(req, c.RemoteAddr(), answer)
}

// isNonce reports whether key is 16 bytes in base64.
func isNonce(key string) bool {
	b, err := base64.StdEncoding.DecodeString(key)
	return err == nil && len(b) == 16
}

func writeRefusal(w io.Writer, status int, header http.Header) {
	var b strings.Builder
	text := http.StatusText(status)
	b.WriteString("HTTP/1.1 " + strconv.Itoa(status) + " " + text + "\r\n")
	header.Set("Connection", "close")
	header.Set("Content-Type", "text/plain; charset=utf-8")
	header.Set("Content-Length", strconv.Itoa(len(text)+1))
	_ = header.Write(&b)
	b.WriteString("\r\n" + text + "\n")
	_, _ = io.WriteString(w, b.String())
}

// forget is called when a reader has ended.
func (s *Server) forget() {
	s.open.Add(-1)
	s.wg.Done()
}

// mux serves plain requests, and upgrades on connections that were used for
// plain requests before (proxies that keep connections do that).
func (s *Server) mux() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && s.isSocketPath(r.URL.Path) {
			s.takeOver(w, r)
			return
		}
		s.opts.HTTP.ServeHTTP(w, r)
	})
}

func (s *Server) takeOver(w http.ResponseWriter, r *http.Request) {
	nc, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, "cannot upgrade this connection", http.StatusInternalServerError)
		return
	}
	p := nc.(*playback)
	_ = p.c.nc.SetDeadline(time.Now().Add(s.opts.HeaderTimeout))
	s.upgrade(p.c, r, rw.Reader)
}
