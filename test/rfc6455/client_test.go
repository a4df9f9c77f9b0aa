package rfc6455

import (
	"bufio"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jackfield/jackfield/test/launch"
)

// patience bounds every wait.
const patience = 30 * time.Second

// First bytes of frames.
const (
	fin, rsv1, rsv2, rsv3   = 0x80, 0x40, 0x20, 0x10
	cont, text, binary2     = 0x0, 0x1, 0x2
	closing, ping, pong     = 0x8, 0x9, 0xA
	question, answer        = `{"event":"pusher:ping","data":{}}`, `{"event":"pusher:pong","data":"{}"}`
	sampleKey, sampleAccept = "dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" // of section 1.3
	greeting                = `{"event":"pusher:connection_established",`
	plainUpgrade            = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: " + sampleKey + "\r\nSec-WebSocket-Version: 13\r\n"
	withoutExtensions       = ""
)

// peer is a client that sends the bytes it is told to, whatever they are. One
// goroutine uses it.
type peer struct {
	net.Conn
	in *bufio.Reader
}

// connect opens a TCP or TLS connection to the server.
func connect(t *testing.T, s *launch.Server) *peer {
	t.Helper()
	nc, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", s.Port))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nc.Close() })
	if strings.HasPrefix(s.URL(), "https") {
		nc = tls.Client(nc, &tls.Config{InsecureSkipVerify: true}) // made for this server, on this machine
	}
	_ = nc.SetDeadline(time.Now().Add(patience))
	return &peer{nc, bufio.NewReader(nc)}
}

// request sends an upgrade with these headers and returns the answer.
func (p *peer) request(t *testing.T, start, headers string) *http.Response {
	t.Helper()
	p.send(t, start+"\r\nHost: example.org\r\n"+headers+"\r\n")
	return p.answer(t)
}

func (p *peer) answer(t *testing.T) *http.Response {
	t.Helper()
	resp, err := http.ReadResponse(p.in, nil)
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

// open upgrades and reads the greeting; offer are the extensions, "" for none. It
// returns the extensions that the server chose.
func open(t *testing.T, s *launch.Server, offer string) (*peer, string) {
	t.Helper()
	headers := plainUpgrade
	if offer != "" {
		headers += "Sec-WebSocket-Extensions: " + offer + "\r\n"
	}
	p := connect(t, s)
	resp := p.request(t, "GET /app/app-key?protocol=7 HTTP/1.1", headers)
	if resp.StatusCode != http.StatusSwitchingProtocols || resp.Header.Get("Sec-WebSocket-Accept") != sampleAccept {
		t.Fatalf("upgrade: %s, %v", resp.Status, resp.Header)
	}
	if first, got := p.frame(t); first != fin|text || !strings.HasPrefix(string(got), greeting) {
		t.Fatalf("greeted with %#x %s", first, got)
	}
	return p, resp.Header.Get("Sec-WebSocket-Extensions")
}

// frame returns the next frame. Servers do not mask, and use the shortest form of
// the length (5.1, 5.2).
func (p *peer) frame(t *testing.T) (first byte, payload []byte) {
	t.Helper()
	first, payload, err := p.read()
	if err != nil {
		t.Fatal(err)
	}
	return first, payload
}

func (p *peer) read() (first byte, payload []byte, err error) {
	var head [2]byte
	if _, err := io.ReadFull(p.in, head[:]); err != nil {
		return 0, nil, err
	}
	n := uint64(head[1])
	if size := map[byte]int{126: 2, 127: 8}[head[1]]; size > 0 {
		var long [8]byte
		if _, err := io.ReadFull(p.in, long[8-size:]); err != nil {
			return 0, nil, err
		}
		n = binary.BigEndian.Uint64(long[:])
		if size == 2 && n < 126 || size == 8 && n < 1<<16 {
			return 0, nil, fmt.Errorf("%d written in %d bytes", n, size)
		}
	}
	if n > 1<<20 || head[1] > 127 {
		return 0, nil, fmt.Errorf("frame begins with % x", head)
	}
	payload = make([]byte, n)
	_, err = io.ReadFull(p.in, payload)
	return head[0], payload, err
}

// wants reads one frame and compares it.
func (p *peer) wants(t *testing.T, first byte, payload string) {
	t.Helper()
	if gotFirst, got := p.frame(t); gotFirst != first || string(got) != payload {
		t.Fatalf("got a frame %#x %.200q, want %#x %.200q", gotFirst, got, first, payload)
	}
}

// wantsEnd reads up to the close frame, which has this code (0: none), and to the
// end of the connection, which the server brings about (7.1.1). Before it, there may
// be a Pusher error, and answers to what came before the cause.
func (p *peer) wantsEnd(t *testing.T, code int) {
	t.Helper()
	for {
		first, payload := p.frame(t)
		if first == fin|text && (complains(payload) || string(payload) == answer) {
			continue
		}
		if got := codeOf(payload); first != fin|closing || got != code {
			t.Fatalf("got a frame %#x %q, want a close frame with %d", first, payload, code)
		}
		break
	}
	if n, err := p.in.Read(make([]byte, 1)); n > 0 || errors.Is(err, io.ErrNoProgress) {
		t.Error("the server sends more after its close frame")
	} else if ne, ok := errors.AsType[net.Error](err); ok && ne.Timeout() {
		t.Error("the server does not end the connection")
	}
}

func codeOf(payload []byte) int {
	if len(payload) < 2 {
		return 0
	}
	return int(binary.BigEndian.Uint16(payload))
}

// send sends frames, in one piece.
func (p *peer) send(t *testing.T, frames ...string) {
	t.Helper()
	if _, err := io.WriteString(p, strings.Join(frames, "")); err != nil {
		t.Fatal(err)
	}
}

// masked is a frame as a client sends it.
func masked(first byte, payload string) string {
	key := [4]byte{0x37, 0xfa, 0x21, 0x3d} // of section 5.7
	b := append(header(first, 0x80, len(payload)), key[:]...)
	for i := range len(payload) {
		b = append(b, payload[i]^key[i%4])
	}
	return string(b)
}

// header is the head of a frame up to the masking key.
func header(first, mask byte, n int) []byte {
	switch {
	case n < 126:
		return []byte{first, mask | byte(n)}
	case n < 1<<16:
		return binary.BigEndian.AppendUint16([]byte{first, mask | 126}, uint16(n))
	default:
		return binary.BigEndian.AppendUint64([]byte{first, mask | 127}, uint64(n))
	}
}
