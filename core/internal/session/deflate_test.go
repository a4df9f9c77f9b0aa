package session

import (
	"bufio"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jackfield/jackfield/core/internal/deflate"
	"github.com/jackfield/jackfield/core/internal/frame"
	"github.com/jackfield/jackfield/core/internal/hub"
	"github.com/jackfield/jackfield/core/internal/pusher"
)

// offer dials with an offer of extensions and returns what the server chose.
func (n *node) offer(t *testing.T, extensions string) (*peer, string) {
	t.Helper()
	nc, err := net.Dial("tcp", n.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nc.Close() })
	_ = nc.SetDeadline(time.Now().Add(patience))
	_, _ = io.WriteString(nc, "GET /app/key?protocol=7 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Extensions: "+extensions+"\r\n\r\n")
	p := &peer{Conn: nc, br: bufio.NewReader(nc)}
	resp, err := http.ReadResponse(p.br, nil)
	if err != nil || resp.StatusCode != 101 {
		t.Fatalf("upgrade: %v %v", resp, err)
	}
	p.wantEvent(t, "pusher:connection_established")
	return p, resp.Header.Get("Sec-WebSocket-Extensions")
}

// packedFrame is a masked frame with a compressed message.
func packedFrame(text string) []byte {
	var packed bytes.Buffer
	w, _ := flate.NewWriter(&packed, flate.BestCompression)
	_, _ = w.Write([]byte(text))
	_ = w.Flush()
	payload := bytes.TrimSuffix(packed.Bytes(), []byte{0, 0, 0xff, 0xff})
	b := frame.AppendDeflated(nil, payload)
	head := frame.HeaderLen(len(payload))
	b[1] |= 0x80
	return append(append(append([]byte{}, b[:head]...), 0, 0, 0, 0), b[head:]...)
}

func (p *peer) wantClose(t *testing.T, code int) {
	t.Helper()
	op, payload, err := p.read()
	if err != nil || op != 8 || int(binary.BigEndian.Uint16(payload)) != code {
		t.Errorf("opcode %d with %q, %v; want a close with %d", op, payload, err, code)
	}
}

func TestMessagesAreCompressedForWhoAgreed(t *testing.T) {
	n := startWith(t, demoApp(), deflate.Frame)
	packs, chosen := n.offer(t, "permessage-deflate; client_max_window_bits")
	if chosen != deflate.Accepted {
		t.Fatalf("the server chose %q", chosen)
	}
	plain, chosen := n.offer(t, "permessage-deflate; server_max_window_bits=9")
	if chosen != "" {
		t.Fatalf("the server chose %q", chosen)
	}
	_, _ = packs.Write(packedFrame(`{"event":"pusher:subscribe","data":{"channel":"room"}}`))
	packs.wantEvent(t, "pusher_internal:subscription_succeeded")
	plain.join(t, "room")
	text := pusher.AppendEvent(nil, "e", "room", fmt.Appendf(nil, "%q", strings.Repeat("jackfield ", 500)), "")
	small := pusher.AppendEvent(nil, "small", "room", []byte("{}"), "")
	msgs := []hub.Message{
		{Channel: "room", Frame: frame.AppendText(nil, text)},
		{Channel: "room", Frame: frame.AppendText(nil, small)},
	}
	if err := n.opts.Hub.TryPublish("id", msgs); err != nil {
		t.Fatal(err)
	}
	plain.wantEvent(t, "e")
	plain.wantEvent(t, "small")
	first, err := packs.br.Peek(1)
	if err != nil || first[0] != 0xc1 {
		t.Fatalf("frame begins with %x, %v", first, err)
	}
	_, payload, err := packs.read()
	if err != nil || len(payload) > len(text)/10 {
		t.Fatalf("%d bytes, %v", len(payload), err)
	}
	r := flate.NewReader(bytes.NewReader(append(payload, 0, 0, 0xff, 0xff, 1, 0, 0, 0xff, 0xff)))
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, text) {
		t.Errorf("got %d bytes, %v; want %d", len(got), err, len(text))
	}
	packs.wantEvent(t, "small")
}

func TestCompressedMessagesAreBounded(t *testing.T) {
	n := startWith(t, demoApp(), deflate.Frame)
	p, _ := n.offer(t, "permessage-deflate")
	_, _ = p.Write(packedFrame(strings.Repeat("x", 2<<20)))
	p.wantClose(t, 1009)
}

func TestWrongCompressionIsRefused(t *testing.T) {
	n := startWith(t, demoApp(), deflate.Frame)
	for name, c := range map[string]struct {
		frame []byte
		code  int
	}{
		"second reserved bit":           {[]byte{0xa1, 0x80, 0, 0, 0, 0}, 1002},
		"compressed ping":               {[]byte{0xc9, 0x80, 0, 0, 0, 0}, 1002},
		"payload that does not inflate": {[]byte{0xc1, 0x83, 0, 0, 0, 0, 0xff, 0xff, 0xff}, 1007},
	} {
		t.Run(name, func(t *testing.T) {
			p, _ := n.offer(t, "permessage-deflate")
			_, _ = p.Write(c.frame)
			p.wantClose(t, c.code)
		})
	}
	p, _ := n.offer(t, "x")
	_, _ = p.Write([]byte{0xc1, 0x80, 0, 0, 0, 0})
	p.wantClose(t, 1002)
}
