package session

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"go.uber.org/goleak"

	"github.com/jackfield/jackfield/core/internal/adapter"
	"github.com/jackfield/jackfield/core/internal/apps"
	"github.com/jackfield/jackfield/core/internal/hub"
	"github.com/jackfield/jackfield/core/internal/lastevent"
	"github.com/jackfield/jackfield/core/internal/metrics"
	"github.com/jackfield/jackfield/core/internal/pusher"
	"github.com/jackfield/jackfield/core/internal/watchlist"
	"github.com/jackfield/jackfield/core/internal/ws"
	"github.com/jackfield/jackfield/sdk/contract"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 10 * time.Second

// node is a server on loopback whose clock stands still until it is moved.
type node struct {
	*Server
	apps *apps.Registry
	addr string
	time atomic.Int64
}

func (n *node) now() time.Duration { return time.Duration(n.time.Load()) }

// pass moves the clock by whole seconds, one tick each.
func (n *node) pass(seconds int) {
	for range seconds {
		n.time.Add(int64(time.Second))
		n.Tick()
	}
	n.sessions() // all workers have seen the ticks
}

func demoApp() *contract.App {
	return &contract.App{
		ID: "id", Key: "key", Secrets: []contract.Secret{"secret"}, Enabled: true, Revision: 1,
		Features: contract.Features{ClientMessages: true},
	}
}

func start(t *testing.T, app *contract.App) *node {
	t.Helper()
	return startWith(t, app, nil)
}

// startWith starts a node that compresses with pack, if it is not nil.
func startWith(t *testing.T, app *contract.App, pack func([]byte) []byte) *node {
	t.Helper()
	return startIn(t, app, pack, nil)
}

// startIn starts a node that others has joined to a cluster, if it is not nil.
func startIn(t *testing.T, app *contract.App, pack func([]byte) []byte, others *adapter.Node, edits ...func(*Options)) *node {
	t.Helper()
	n := &node{apps: apps.New(apps.Options{Complete: true})}
	n.time.Store(int64(time.Hour))
	n.apps.Replace([]*contract.App{app})
	online := watchlist.New()
	events := lastevent.New(lastevent.Options{})
	hubOptions := hub.Options{Shards: 2, LogBytes: 8 << 20, LogAge: time.Hour, Now: n.now, Pack: pack}
	if others != nil {
		hubOptions.Cluster = others
	}
	h := hub.New(hubOptions)
	reg := metrics.New(metrics.Options{})
	opts := Options{
		Hub: h, Apps: n.apps, Counters: reg.App, Logger: hclog.NewNullLogger(), Random: rand.Reader, Now: n.now,
		Prefixes: []string{"/app/"}, ActivityTimeout: 120 * time.Second, PongTimeout: 30 * time.Second, LastEvents: events, Watchlist: online,
		AuthorizeWithin: 30 * time.Second, SigninWithin: 60 * time.Second,
	}
	if others != nil {
		opts.Places, opts.Others = others, others
	}
	for _, edit := range edits {
		edit(&opts)
	}
	n.Server = NewServer(opts)
	sockets := ws.NewServer(ws.Options{
		Prefixes: []string{"/app/"}, MaxMessage: 1 << 20, Limits: ws.Limits{Bytes: 1 << 20},
		Linger: 200 * time.Millisecond, HeaderTimeout: patience, Handler: n.Server, Deflate: pack != nil,
		HTTP: http.NotFoundHandler(), Logger: hclog.NewNullLogger(),
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	n.addr = l.Addr().String()
	h.Start()
	n.Start()
	events.Start()
	if others != nil {
		if err := others.Start(t.Context(), h); err != nil {
			t.Fatal(err)
		}
	}
	served := make(chan error, 1)
	go func() { served <- sockets.Serve(l) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		n.Drain(ctx, 0)
		if err := sockets.Shutdown(ctx); err != nil {
			t.Error(err)
		}
		if err := <-served; err != nil {
			t.Error(err)
		}
		n.Stop()
		if others != nil {
			others.Stop(ctx)
		}
		h.Stop()
		events.Stop()
		online.Stop()
		n.apps.Close()
	})
	return n
}

// peer is a client that speaks in raw frames.
type peer struct {
	net.Conn
	br *bufio.Reader
	id string
}

type event struct {
	Event   string          `json:"event"`
	Channel string          `json:"channel"`
	Data    json.RawMessage `json:"data"`
}

func (n *node) dial(t testing.TB) *peer {
	t.Helper()
	nc, err := net.Dial("tcp", n.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nc.Close() })
	_ = nc.SetDeadline(time.Now().Add(patience))
	_, _ = io.WriteString(nc, "GET /app/key?protocol=7 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n")
	p := &peer{Conn: nc, br: bufio.NewReader(nc)}
	if resp, err := http.ReadResponse(p.br, nil); err != nil || resp.StatusCode != 101 {
		t.Fatalf("upgrade: %v %v", resp, err)
	}
	return p
}

// connect dials and reads the greeting.
func (n *node) connect(t testing.TB) *peer {
	t.Helper()
	p := n.dial(t)
	e := p.event(t)
	if e.Event != "pusher:connection_established" {
		t.Fatalf("first frame is %+v", e)
	}
	var text string
	var hello struct {
		SocketID string `json:"socket_id"`
	}
	if json.Unmarshal(e.Data, &text) != nil || json.Unmarshal([]byte(text), &hello) != nil {
		t.Fatalf("greeting %s", e.Data)
	}
	p.id = hello.SocketID
	return p
}

func (p *peer) send(op byte, payload string) {
	b := []byte{0x80 | op}
	if n := len(payload); n < 126 {
		b = append(b, 0x80|byte(n))
	} else {
		b = binary.BigEndian.AppendUint16(append(b, 0x80|126), uint16(n))
	}
	_, _ = p.Write(append(append(b, 0, 0, 0, 0), payload...))
}

func (p *peer) say(format string, args ...any) { p.send(1, fmt.Sprintf(format, args...)) }

func (p *peer) read() (op byte, payload []byte, err error) {
	head := make([]byte, 2)
	if _, err := io.ReadFull(p.br, head); err != nil {
		return 0, nil, err
	}
	n := int(head[1])
	if n == 126 {
		ext := make([]byte, 2)
		if _, err := io.ReadFull(p.br, ext); err != nil {
			return 0, nil, err
		}
		n = int(binary.BigEndian.Uint16(ext))
	}
	payload = make([]byte, n)
	_, err = io.ReadFull(p.br, payload)
	return head[0] & 0x0f, payload, err
}

func (p *peer) event(t testing.TB) event {
	t.Helper()
	op, payload, err := p.read()
	var e event
	if err != nil || op != 1 || json.Unmarshal(payload, &e) != nil {
		t.Fatalf("read opcode %d, %q, %v", op, payload, err)
	}
	return e
}

func (p *peer) wantEvent(t testing.TB, name string) event {
	t.Helper()
	e := p.event(t)
	if e.Event != name {
		t.Fatalf("got %+v %s, want %s", e, e.Data, name)
	}
	return e
}

// wantEnd reads an error frame and a close frame with the same code.
func (p *peer) wantEnd(t testing.TB, code int) {
	t.Helper()
	e := p.wantEvent(t, "pusher:error")
	if want := fmt.Sprintf(`{"code":%d,`, code); !strings.HasPrefix(string(e.Data), want) {
		t.Errorf("error frame is %s, want code %d", e.Data, code)
	}
	op, payload, err := p.read()
	if err != nil || op != 8 || int(binary.BigEndian.Uint16(payload)) != code {
		t.Errorf("then opcode %d with %q, %v; want a close with %d", op, payload, err, code)
	}
}

func TestASilentClientIsPingedThenClosed(t *testing.T) {
	n := start(t, demoApp())
	p := n.connect(t)
	n.pass(122)
	if op, _, err := p.read(); op != 9 || err != nil {
		t.Fatalf("opcode %d, %v; want a ping", op, err)
	}
	n.pass(31)
	p.wantEnd(t, 4201)
}

func TestThePingMayBeAnEvent(t *testing.T) {
	n := start(t, demoApp())
	n.opts.PingEvent = true
	p := n.connect(t)
	n.pass(122)
	p.wantEvent(t, "pusher:ping")
	p.say(`{"event":"pusher:pong"}`)
	p.say(`{"event":"pusher:ping"}`)
	p.wantEvent(t, "pusher:pong")
	n.pass(122)
	p.wantEvent(t, "pusher:ping")
	n.pass(31)
	p.wantEnd(t, 4201)
}

func TestAnyFrameIsAnAnswerToThePing(t *testing.T) {
	n := start(t, demoApp())
	p := n.connect(t)
	for range 3 {
		n.pass(122)
		if op, _, err := p.read(); op != 9 || err != nil {
			t.Fatalf("opcode %d, %v; want a ping", op, err)
		}
		p.say(`{"event":"pusher:ping"}`)
		p.wantEvent(t, "pusher:pong")
	}
}

func TestTheQuotaIsExact(t *testing.T) {
	app, most := demoApp(), uint32(5)
	app.Limits.MaxConnections = &most
	n := start(t, app)
	var admitted, refused atomic.Int32
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			p := n.dial(t)
			if p.event(t).Event == "pusher:connection_established" {
				admitted.Add(1)
			} else {
				refused.Add(1)
			}
		})
	}
	wg.Wait()
	if admitted.Load() != 5 || refused.Load() != 15 {
		t.Errorf("%d admitted, %d refused", admitted.Load(), refused.Load())
	}
}

func TestAnAppThatIsSwitchedOffClosesItsClients(t *testing.T) {
	n := start(t, demoApp())
	p := n.connect(t)
	off := demoApp()
	off.Revision, off.Enabled = 2, false
	n.apps.Replace([]*contract.App{off})
	p.wantEnd(t, 4003)
	n.dial(t).wantEnd(t, 4003)
}

func TestANewSecretCountsAtOnce(t *testing.T) {
	n := start(t, demoApp())
	p := n.connect(t)
	rotated := demoApp()
	rotated.Revision, rotated.Secrets = 2, []contract.Secret{"new", "secret"}
	n.apps.Replace([]*contract.App{rotated})
	for _, secret := range []string{"new", "secret"} {
		ch := "private-" + secret
		sig := pusher.NewSigner(secret).AppendHex(nil, []byte(p.id+":"+ch))
		p.say(`{"event":"pusher:subscribe","data":{"channel":%q,"auth":"key:%s"}}`, ch, sig)
		p.wantEvent(t, "pusher_internal:subscription_succeeded")
	}
}

func TestNothingButNonsenseEndsAConnection(t *testing.T) {
	n := start(t, demoApp())
	p := n.connect(t)
	for range maxBadFrames - 1 {
		p.say("nonsense")
		p.wantEvent(t, "pusher:error")
	}
	p.say(`{"event":"pusher:ping"}`) // a good frame starts the count anew
	p.wantEvent(t, "pusher:pong")
	for range maxBadFrames - 1 {
		p.say(`{"data":"no event"}`)
		p.wantEvent(t, "pusher:error")
	}
	p.say("nonsense")
	p.wantEnd(t, 4009)
}

// A client may send as fast as it likes: its reader waits for the worker, and
// every frame is answered in order.
func TestFramesAreAnsweredInOrder(t *testing.T) {
	n := start(t, demoApp())
	p := n.connect(t)
	const frames = 5000
	go func() {
		for i := range frames {
			p.say(`{"event":"pusher:subscribe","data":{"channel":"room-%d"}}`, i)
		}
	}()
	for i := range frames {
		if e := p.wantEvent(t, "pusher_internal:subscription_succeeded"); e.Channel != fmt.Sprintf("room-%d", i) {
			t.Fatalf("answer %d is for %s", i, e.Channel)
		}
	}
}

func TestAMessageLimitDropsWhatIsOverIt(t *testing.T) {
	app := demoApp()
	app.Limits.MessageRateLimit = &contract.MessageRateLimit{Enabled: true, MaxAttempts: 2, DecaySeconds: 60}
	n := start(t, app)
	p := n.connect(t)
	for range 2 {
		p.say(`{"event":"pusher:ping"}`)
		p.wantEvent(t, "pusher:pong")
	}
	p.say(`{"event":"pusher:ping"}`)
	p.wantEvent(t, "pusher:error")
	n.pass(60)
	p.say(`{"event":"pusher:ping"}`)
	p.wantEvent(t, "pusher:pong")
}

func TestDrainClosesAllAndRefusesNewOnes(t *testing.T) {
	n := start(t, demoApp())
	var peers []*peer
	for range 50 {
		peers = append(peers, n.connect(t))
	}
	done := make(chan struct{})
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		n.Drain(ctx, 100*time.Millisecond)
		close(done)
	}()
	for _, p := range peers {
		p.wantEnd(t, 4200)
		_ = p.Close()
	}
	<-done
	if open := n.Sessions(); open != 0 {
		t.Errorf("%d sessions left", open)
	}
	nc, err := net.Dial("tcp", n.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	_, _ = io.WriteString(nc, "GET /app/key HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n")
	resp, err := http.ReadResponse(bufio.NewReader(nc), nil)
	if err != nil || resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("upgrade while draining: %v %v", resp, err)
	}
}

func TestAStoppedServerHasNoSessions(t *testing.T) {
	n := start(t, demoApp())
	n.Stop()
	if all := n.sessions(); len(all) != 0 {
		t.Errorf("%d sessions", len(all))
	}
}
