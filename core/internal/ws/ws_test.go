package ws

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"go.uber.org/goleak"

	"github.com/jackfield/jackfield/core/internal/frame"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 10 * time.Second

// owned is the owner of one connection in these tests.
type owned struct {
	c        *Conn
	messages chan string
	gone     chan struct{}
	overflow chan struct{}
	once     sync.Once
}

func (o *owned) Frame(m Message) { o.messages <- string(m.Bytes()); m.Close() }
func (o *owned) Alive()          {}
func (o *owned) Gone()           { close(o.gone) }
func (o *owned) Overflow()       { o.once.Do(func() { close(o.overflow) }) }

// fixture is a server on loopback.
type fixture struct {
	*Server
	addr   string
	opened chan *owned
	refuse atomic.Int64
}

func (f *fixture) Refuse(*http.Request, net.Addr, http.Header) int { return int(f.refuse.Load()) }

func (f *fixture) Open(c *Conn, _ *http.Request) {
	o := &owned{c: c, messages: make(chan string, 16), gone: make(chan struct{}), overflow: make(chan struct{})}
	c.Own(o)
	f.opened <- o
}

func serve(t *testing.T, edit func(*Options)) *fixture {
	t.Helper()
	f := &fixture{opened: make(chan *owned, 16)}
	opts := Options{
		Prefixes: []string{"/app/"}, MaxMessage: 1 << 20, Limits: Limits{Bytes: 1 << 20, Messages: 1000},
		Linger: 200 * time.Millisecond, HeaderTimeout: patience, Handler: f, Logger: hclog.NewNullLogger(),
		HTTP: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.URL.Path) }),
	}
	if edit != nil {
		edit(&opts)
	}
	f.Server = NewServer(opts)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f.addr = l.Addr().String()
	served := make(chan error, 1)
	go func() { served <- f.Serve(l) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := f.Shutdown(ctx); err != nil {
			t.Error(err)
		}
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return f
}

const handshake = "GET /app/key HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"

// client is the other end.
type client struct {
	net.Conn
	br *bufio.Reader
}

func (f *fixture) dial(t *testing.T) (*client, *owned) {
	t.Helper()
	nc, err := net.Dial("tcp", f.addr)
	if err != nil {
		t.Fatal(err)
	}
	return f.shake(t, nc, handshake)
}

func (f *fixture) shake(t *testing.T, nc net.Conn, request string) (*client, *owned) {
	t.Helper()
	t.Cleanup(func() { _ = nc.Close() })
	_ = nc.SetDeadline(time.Now().Add(patience))
	c := &client{nc, bufio.NewReader(nc)}
	if _, err := io.WriteString(nc, request); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(c.br, nil)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("upgrade answered %s", resp.Status)
	}
	if got := resp.Header.Get("Sec-WebSocket-Accept"); got != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
		t.Fatalf("Sec-WebSocket-Accept is %q", got)
	}
	return c, <-f.opened
}

// masked makes a client frame.
func masked(op byte, payload string) []byte {
	b := []byte{0x80 | op}
	switch n := len(payload); {
	case n < 126:
		b = append(b, 0x80|byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 0x80|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 0x80|127), uint64(n))
	}
	return append(append(b, 0, 0, 0, 0), payload...)
}

func (c *client) frame(t *testing.T) (op byte, payload string) {
	t.Helper()
	head := make([]byte, 2)
	if _, err := io.ReadFull(c.br, head); err != nil {
		t.Fatal(err)
	}
	n := uint64(head[1])
	if size := map[uint64]int{126: 2, 127: 8}[n]; size > 0 {
		ext := make([]byte, 8)
		if _, err := io.ReadFull(c.br, ext[8-size:]); err != nil {
			t.Fatal(err)
		}
		n = binary.BigEndian.Uint64(ext)
	}
	body := make([]byte, n)
	if _, err := io.ReadFull(c.br, body); err != nil {
		t.Fatal(err)
	}
	return head[0] & 0x0f, string(body)
}

func (c *client) wantClose(t *testing.T, code uint16) {
	t.Helper()
	op, body := c.frame(t)
	want := ""
	if code != 0 {
		want = string(binary.BigEndian.AppendUint16(nil, code))
	}
	if op != 8 || !strings.HasPrefix(body, want) || code == 0 && body != "" {
		t.Fatalf("got opcode %d with %q, want a close with %d", op, body, code)
	}
	if _, err := c.br.ReadByte(); err != io.EOF {
		t.Fatalf("after the close frame: %v, want EOF", err)
	}
}

func within[T any](t *testing.T, ch <-chan T) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(patience):
		t.Fatal("nothing came")
		panic("unreachable")
	}
}

func TestFramesGoBothWays(t *testing.T) {
	f := serve(t, nil)
	c, o := f.dial(t)
	_, _ = c.Write(masked(1, "hello"))
	if got := within(t, o.messages); got != "hello" {
		t.Errorf("server read %q", got)
	}
	o.c.Send(frame.AppendText(nil, []byte("there")))
	if _, got := c.frame(t); got != "there" {
		t.Errorf("client read %q", got)
	}
	_, _ = c.Write(masked(9, "beat"))
	if op, got := c.frame(t); op != 10 || got != "beat" {
		t.Errorf("ping answered by opcode %d with %q", op, got)
	}
}

func TestFramesSentWithTheHandshakeAreNotLost(t *testing.T) {
	f := serve(t, nil)
	nc, err := net.Dial("tcp", f.addr)
	if err != nil {
		t.Fatal(err)
	}
	_, o := f.shake(t, nc, handshake+string(masked(1, "eager")))
	if got := within(t, o.messages); got != "eager" {
		t.Errorf("server read %q", got)
	}
}

func TestACloseIsAnsweredWithItsCode(t *testing.T) {
	f := serve(t, nil)
	for _, code := range []uint16{0, 1000, 1001, 1008, 1011, 1012, 4000} {
		t.Run(strconv.Itoa(int(code)), func(t *testing.T) {
			c, o := f.dial(t)
			payload := ""
			if code != 0 {
				payload = string(binary.BigEndian.AppendUint16(nil, code)) + "bye"
			}
			_, _ = c.Write(masked(8, payload))
			c.wantClose(t, code)
			_ = c.Close()
			within(t, o.gone)
			if got := o.c.ClosedWith(); got != code || !o.c.Left() {
				t.Errorf("closed with %d, left %v", got, o.c.Left())
			}
		})
	}
}

func TestBadFramesEndOnlyTheirConnection(t *testing.T) {
	f := serve(t, func(o *Options) { o.MaxMessage = 1000 })
	bystander, other := f.dial(t)
	for name, tc := range map[string]struct {
		send []byte
		code uint16
	}{
		"length with its top bit set": {[]byte{0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0}, 1002},
		"unmasked":                    {[]byte{0x81, 1, 'x'}, 1002},
		"reserved bit":                {[]byte{0xc1, 0x80, 0, 0, 0, 0}, 1002},
		"unknown opcode":              {[]byte{0x83, 0x80, 0, 0, 0, 0}, 1002},
		"continuation of nothing":     {masked(0, "x"), 1002},
		"not UTF-8":                   {masked(1, "\xff"), 1007},
		"too big":                     {masked(1, strings.Repeat("x", 1001)), 1009},
	} {
		t.Run(name, func(t *testing.T) {
			c, o := f.dial(t)
			_, _ = c.Write(tc.send)
			c.wantClose(t, tc.code)
			_ = c.Close()
			within(t, o.gone)
		})
	}
	other.c.Send(frame.AppendText(nil, []byte("still here")))
	if _, got := bystander.frame(t); got != "still here" {
		t.Errorf("bystander read %q", got)
	}
}

func TestAFragmentedTextArrivesWhole(t *testing.T) {
	f := serve(t, nil)
	c, o := f.dial(t)
	first := masked(1, "fra")
	first[0] &^= 0x80
	_, _ = c.Write(append(append(first, masked(9, "")...), masked(0, "gment")...))
	if got := within(t, o.messages); got != "fragment" {
		t.Errorf("server read %q", got)
	}
}

// A client that does not read is reported when its cap is reached; what it reads
// later is whole frames in order, then the farewell.
func TestASlowReaderIsParkedThenReported(t *testing.T) {
	for name, secure := range map[string]bool{"plain": false, "tls": true} {
		t.Run(name, func(t *testing.T) {
			f := serve(t, func(o *Options) {
				o.Limits = Limits{Bytes: 4 << 20}
				o.Linger = patience
				if secure {
					o.TLS = testTLS(t)
				}
			})
			c, o := f.dialAny(t, secure)
			sent := 0
			for full := false; !full; sent++ {
				body := bytes.Repeat([]byte{byte('a' + sent%26)}, 1000+sent%3000)
				o.c.Send(frame.AppendText(nil, body))
				select {
				case <-o.overflow:
					full = true
				default:
				}
			}
			if parked := o.c.Parked(); parked < 4<<20 || parked > 5<<20 {
				t.Errorf("%d bytes parked", parked)
			}
			o.c.CloseWith(frame.AppendText(nil, []byte("farewell")), 4100, "slow")
			for i := range sent {
				_, got := c.frame(t)
				if want := 1000 + i%3000; len(got) != want || got[0] != byte('a'+i%26) || strings.Count(got, got[:1]) != want {
					t.Fatalf("frame %d is damaged: %d bytes, want %d", i, len(got), want)
				}
			}
			if _, got := c.frame(t); got != "farewell" {
				t.Errorf("last frame is %q", got)
			}
			if secure {
				if op, _ := c.frame(t); op != 8 {
					t.Errorf("opcode %d, want a close", op)
				}
			} else {
				c.wantClose(t, 4100)
			}
			_ = c.Close()
			within(t, o.gone)
		})
	}
}

func (f *fixture) dialAny(t *testing.T, secure bool) (*client, *owned) {
	t.Helper()
	if !secure {
		return f.dial(t)
	}
	nc, err := tls.Dial("tcp", f.addr, &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	return f.shake(t, nc, handshake)
}

func testTLS(t *testing.T) *tls.Config {
	t.Helper()
	s := httptest.NewUnstartedServer(nil)
	s.StartTLS()
	defer s.Close()
	return &tls.Config{Certificates: s.TLS.Certificates}
}

func TestWritersDoNotCutEachOthersFrames(t *testing.T) {
	f := serve(t, func(o *Options) { o.Limits = Limits{} })
	c, o := f.dial(t)
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for range 500 {
				o.c.Send(frame.AppendText(nil, bytes.Repeat([]byte{byte('a' + w)}, 5000)))
			}
		})
	}
	for range 2000 {
		if _, got := c.frame(t); len(got) != 5000 || strings.Count(got, got[:1]) != 5000 {
			t.Fatal("a frame has bytes of another")
		}
	}
	wg.Wait()
}

func TestPlainRequestsAndUpgradesShareThePort(t *testing.T) {
	f := serve(t, nil)
	nc, err := net.Dial("tcp", f.addr)
	if err != nil {
		t.Fatal(err)
	}
	br := bufio.NewReader(nc)
	for _, path := range []string{"/up", "/apps/1/channels", "/up"} {
		_, _ = io.WriteString(nc, "GET "+path+" HTTP/1.1\r\nHost: x\r\n\r\n")
		resp, err := http.ReadResponse(br, nil)
		if err != nil {
			t.Fatal(err)
		}
		if body, _ := io.ReadAll(resp.Body); string(body) != path {
			t.Errorf("%s answered %q", path, body)
		}
	}
	c, o := f.shake(t, nc, handshake) // on a connection that was used for requests
	_, _ = c.Write(masked(1, "hello"))
	if got := within(t, o.messages); got != "hello" {
		t.Errorf("server read %q", got)
	}
}

// A client that sends half a request, or does not read its answer, holds nobody up.
func TestRequestsDoNotLastForEver(t *testing.T) {
	for name, send := range map[string]string{
		"a body that does not come":         "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n",
		"an answer that nobody cares about": "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			ended := make(chan error, 1)
			f := serve(t, func(o *Options) {
				o.RequestTimeout = 50 * time.Millisecond
				o.HTTP = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					_, err := io.Copy(io.Discard, r.Body)
					for lot := make([]byte, 1<<20); err == nil; {
						_, err = w.Write(lot)
					}
					ended <- err
				})
			})
			nc, err := net.Dial("tcp", f.addr)
			if err != nil {
				t.Fatal(err)
			}
			defer nc.Close()
			_, _ = io.WriteString(nc, send)
			if err := within(t, ended); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("it ended with %v", err)
			}
		})
	}
}

func TestRefusalsAreHTTPAnswers(t *testing.T) {
	f := serve(t, nil)
	get := func(header string) int {
		nc, err := net.Dial("tcp", f.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer nc.Close()
		_, _ = io.WriteString(nc, "GET /app/key HTTP/1.1\r\nHost: x\r\n"+header+"\r\n")
		resp, err := http.ReadResponse(bufio.NewReader(nc), nil)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode
	}
	if got := get(""); got != http.StatusUpgradeRequired {
		t.Errorf("without Upgrade: %d", got)
	}
	f.refuse.Store(http.StatusServiceUnavailable)
	if got := get("Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"); got != 503 {
		t.Errorf("refused upgrade: %d", got)
	}
}
