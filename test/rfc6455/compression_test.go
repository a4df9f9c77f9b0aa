package rfc6455

import (
	"bytes"
	"compress/flate"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jackfield/jackfield/test/launch"
)

const (
	deflate = "permessage-deflate"
	agreed  = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
)

// Offers of clients, and what the server chooses.
func TestOffers(t *testing.T) {
	onBoth(t, func(t *testing.T, s *launch.Server) {
		for _, c := range []struct{ section, offer, chosen string }{
			{"7.1", deflate, agreed},
			{"7.1", "permessage-deflate; client_max_window_bits", agreed},
			{"7.1", "permessage-deflate; client_max_window_bits=10; server_no_context_takeover; client_no_context_takeover", agreed},
			{"7.1.2.1", "permessage-deflate; server_max_window_bits=15", agreed},
			{"7.1.2.1", `permessage-deflate; server_max_window_bits="15"`, agreed},
			{"5.2", "x-unheard-of, permessage-deflate", agreed},
			{"5.2", "permessage-deflate; server_max_window_bits=9, permessage-deflate", agreed},
			{"7.1.2.1", "permessage-deflate; server_max_window_bits=9", ""}, // cannot be kept
			{"7.1.2.1", "permessage-deflate; server_max_window_bits", ""},
			{"7.1.2.1", "permessage-deflate; server_max_window_bits=7", ""},
			{"7.1.2.1", "permessage-deflate; server_max_window_bits=16", ""},
			{"7.1.2.1", "permessage-deflate; server_max_window_bits=015", ""},
			{"7.1.2.2", "permessage-deflate; client_max_window_bits=seven", ""},
			{"7.1.1.1", "permessage-deflate; server_no_context_takeover=1", ""},
			{"7.1.1.1", "permessage-deflate; server_no_context_takeover; server_no_context_takeover", ""},
			{"7.1", "permessage-deflate; unheard_of", ""},
			{"7.1", "permessage-inflate", ""},
			{"5.1", "permessage-deflate;", ""},
			{"5.1", ", ;=", ""},
		} {
			t.Run(c.section+" "+c.offer, func(t *testing.T) {
				p, chosen := open(t, s, c.offer)
				if chosen != c.chosen {
					t.Errorf("the server chose %q, want %q", chosen, c.chosen)
				}
				p.alive(t)
			})
		}
	})
}

// packer compresses messages of one client.
type packer struct {
	out bytes.Buffer
	w   *flate.Writer
}

func newPacker(level int) *packer {
	p := &packer{}
	p.w, _ = flate.NewWriter(&p.out, level) // the levels here are valid
	return p
}

// pack compresses a message after what was compressed before it (7.2.1).
func (p *packer) pack(message string) string {
	p.out.Reset()
	_, _ = io.WriteString(p.w, message)
	_ = p.w.Flush()
	return strings.TrimSuffix(p.out.String(), "\x00\x00\xff\xff")
}

// packed compresses a message by itself.
func packed(message string) string { return newPacker(flate.BestCompression).pack(message) }

// ended is a message whose last block says that it is the last (7.2.3.4).
func ended(message string) string {
	var out bytes.Buffer
	w, _ := flate.NewWriter(&out, flate.BestCompression)
	_, _ = io.WriteString(w, message)
	_ = w.Close()
	return out.String() + "\x00"
}

func TestCompressedMessages(t *testing.T) {
	whole, two, stored := packed(question), newPacker(flate.BestCompression), newPacker(flate.NoCompression)
	blocks := two.pack(question[:10]) + "\x00\x00\xff\xff" + two.pack(question[10:])
	chain := newPacker(flate.BestCompression)
	chain.pack(question)
	leaning := chain.pack(question) // on the message before it
	bomb := packed(ignored(10 << 20))
	random := make([]byte, 200)
	for i := range random {
		random[i] = byte(rand.IntN(256))
	}
	runTable(t, []exchange{
		{"7.2.1", "a message", []string{masked(fin|rsv1|text, whole)}, nil, 1, goesOn},
		{"7.2.1", "two messages, each by itself", []string{masked(fin|rsv1|text, whole), masked(fin|rsv1|text, whole)}, nil, 2, goesOn},
		{"6", "plain and compressed in turn", []string{masked(fin|text, question), masked(fin|rsv1|text, whole), masked(fin|text, question)}, nil, 3, goesOn},
		{"6.1", "two pieces", []string{masked(rsv1|text, whole[:4]), masked(fin|cont, whole[4:])}, nil, 1, goesOn},
		{"6.1", "empty pieces, a ping among them", []string{masked(rsv1|text, ""), masked(cont, whole), masked(fin|ping, "now"), masked(fin|cont, "")}, []string{"now"}, 1, goesOn},
		{"6.2", "RSV1 in a later piece", []string{masked(rsv1|text, whole[:4]), masked(fin|rsv1|cont, whole[4:])}, nil, 0, 1002},
		{"6.2", "RSV1 in a later piece only", []string{masked(text, question[:4]), masked(fin|rsv1|cont, question[4:])}, nil, 0, 1002},
		{"6", "RSV1 in a ping", []string{masked(fin|rsv1|ping, "")}, nil, 0, 1002},
		{"6", "RSV1 in a close", []string{masked(fin|rsv1|closing, "")}, nil, 0, 1002},
		{"6", "RSV2", []string{masked(fin|rsv1|rsv2|text, whole)}, nil, 0, 1002},
		{"6", "RSV3", []string{masked(fin|rsv3|text, question)}, nil, 0, 1002},
		{"7.2.3.2", "a message that leans on the one before it, against what was agreed", []string{masked(fin|rsv1|text, whole), masked(fin|rsv1|text, leaning)}, nil, 0, 1007},
		{"7.2.3.3", "a block without compression", []string{masked(fin|rsv1|text, stored.pack(question))}, nil, 1, goesOn},
		{"7.2.3.4", "a block that ends the stream", []string{masked(fin|rsv1|text, ended(question))}, nil, 1, goesOn},
		{"7.2.3.5", "two blocks", []string{masked(fin|rsv1|text, blocks)}, nil, 1, goesOn},
		{"7.2.3.6", "an empty message", []string{masked(fin|rsv1|text, "\x00")}, nil, 0, goesOn},
		{"7.2.2", "no DEFLATE at all", []string{masked(fin|rsv1|text, "\xff"+string(random))}, nil, 0, 1007},
		{"8.1", "no UTF-8 after decompression", []string{masked(fin|rsv1|text, packed("{\"event\":\"\xff\"}"))}, nil, 0, 1007},
		{"8", "a small frame that grows over the limit", []string{masked(fin|rsv1|text, bomb)}, nil, 0, 1009},
		{"6", "a compressed binary message", []string{masked(fin|rsv1|binary2, whole)}, nil, 0, 1003},
	}, deflate)
	runTable(t, []exchange{{"6", "RSV1 where nothing was agreed", []string{masked(fin|rsv1|text, whole)}, nil, 0, 1002}}, withoutExtensions)
}

// Every message of the server can be read by itself (7.2.1), and one that does not
// become smaller is sent as it is (6).
func TestServerMessages(t *testing.T) {
	onBoth(t, func(t *testing.T, s *launch.Server) {
		p, _ := open(t, s, deflate)
		p.send(t, masked(fin|text, `{"event":"pusher:subscribe","data":{"channel":"room"}}`))
		p.wants(t, fin|text, `{"event":"pusher_internal:subscription_succeeded","channel":"room","data":"{}"}`)
		p.wants(t, fin|text, `{"event":"pusher_internal:subscription_count","channel":"room","data":"{\"subscription_count\":1}"}`)
		for n := range 3 {
			data := fmt.Sprint(n) + strings.Repeat("x", 20_000)
			publish(t, s, "room", data)
			first, payload := p.frame(t)
			if first != fin|rsv1|text || len(payload) > 1000 {
				t.Fatalf("got a frame %#x with %d bytes, want a compressed one", first, len(payload))
			}
			if got := unpack(t, payload); got != `{"event":"e","channel":"room","data":"`+data+`"}` {
				t.Fatalf("message %d: %.200s", n, got)
			}
		}
		publish(t, s, "room", "short")
		p.wants(t, fin|text, `{"event":"e","channel":"room","data":"short"}`)
	})
}

func unpack(t *testing.T, payload []byte) string {
	t.Helper()
	got, err := io.ReadAll(flate.NewReader(io.MultiReader(bytes.NewReader(payload), strings.NewReader("\x00\x00\xff\xff\x01\x00\x00\xff\xff"))))
	if err != nil {
		t.Fatal(err)
	}
	return string(got)
}

// publish sends an event as a back end does.
func publish(t *testing.T, s *launch.Server, channel, data string) {
	t.Helper()
	body := fmt.Sprintf(`{"name":"e","channel":%q,"data":%q}`, channel, data)
	const path = "/apps/app-id/events"
	query := fmt.Sprintf("auth_key=app-key&auth_timestamp=%d&auth_version=1.0&body_md5=%x", time.Now().Unix(), md5.Sum([]byte(body)))
	mac := hmac.New(sha256.New, []byte("app-secret"))
	_, _ = io.WriteString(mac, "POST\n"+path+"\n"+query)
	p := connect(t, s)
	p.send(t, fmt.Sprintf("POST %s?%s&auth_signature=%x HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", path, query, mac.Sum(nil), len(body), body))
	if resp := p.answer(t); resp.StatusCode != http.StatusOK {
		t.Fatalf("publish: %s", resp.Status)
	}
}
