package conversation

import (
	"bufio"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

const greeting = `{"event":"pusher:connection_established","data":"{\"socket_id\":\"1.2\",\"activity_timeout\":120}"}`

// TestRunnerIsStrict: what a server may not do fails a script.
func TestRunnerIsStrict(t *testing.T) {
	for name, c := range map[string]struct {
		says   []byte // by the server, at once after the upgrade
		ends   bool   // the server ends the connection after that
		script string
		want   string // part of the error, "" for none
	}{
		"a server that does as expected": {
			says: frames(greeting, `{"event":"x","data":"{}"}`), script: "a connects\na< {\"event\":\"x\",\"data\":\"*\"}\na drops",
		},
		"an unexpected frame": {
			says: frames(greeting, `{"event":"x","data":"{}"}`), script: "a connects\na quiet", want: `"x"`,
		},
		"an unexpected frame at the end": {
			says: frames(greeting, `{"event":"x","data":"{}"}`), script: "a connects", want: "at the end",
		},
		"an unasked event is passed over": {
			says:   frames(greeting, `{"event":"pusher_internal:subscription_count","data":"{}"}`, `{"event":"x","data":"{}"}`),
			script: "a connects\na< {\"event\":\"x\",\"data\":\"*\"}\na drops",
		},
		"an unasked event that is watched": {
			says:   frames(greeting, `{"event":"pusher_internal:subscription_count","data":"{}"}`, `{"event":"x","data":"{}"}`),
			script: "watch pusher_internal:subscription_count\na connects\na< {\"event\":\"x\",\"data\":\"*\"}\na drops", want: "differs",
		},
		"no frame": {
			says: frames(greeting), script: "a connects\na< {\"event\":\"x\",\"data\":\"*\"}", want: "timeout",
		},
		"no greeting": {
			says: frames(`{"event":"x","data":"{}"}`), script: "a connects", want: "no greeting",
		},
		"a close with another code": {
			says: append(frames(greeting), closeFrame(4001)...), ends: true, script: "a connects\na closed 4003", want: "4001",
		},
		"an end without a close frame": {
			says: frames(greeting), ends: true, script: "a connects\na closed 4003", want: "no close frame",
		},
		"a connection that stays after the close frame": {
			says: append(frames(greeting), closeFrame(4001)...), script: "a connects\na closed 4001", want: "does not end",
		},
		"a masked frame": {
			says: appendFrame(nil, finBit|opText, []byte(greeting)), script: "a connects", want: "masks",
		},
		"an unknown verb":   {says: frames(greeting), script: "a connects\na dances", want: "a client can"},
		"an unknown client": {script: "a> hello", want: "no client"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := runAgainst(t, c.says, c.ends, c.script)
			switch {
			case c.want == "" && err != nil:
				t.Error(err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("Run = %v, want an error with %q", err, c.want)
			}
		})
	}
}

// runAgainst runs a script against a server that says these bytes to everybody.
func runAgainst(t *testing.T, says []byte, ends bool, text string) error {
	t.Helper()
	script, err := Parse("test", text)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		serveOne(l, says, ends)
	}()
	defer func() { <-served }()
	defer l.Close()
	return Run(Target{URL: "http://" + l.Addr().String(), StepTimeout: 200 * time.Millisecond}, script)
}

func serveOne(l net.Listener, says []byte, ends bool) {
	conn, err := l.Accept()
	if err != nil {
		return
	}
	defer conn.Close()
	in := bufio.NewReader(conn)
	req, err := http.ReadRequest(in)
	if err != nil {
		return
	}
	sum := sha1.Sum([]byte(req.Header.Get("Sec-Websocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	fmt.Fprintf(conn, "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: %s\r\n\r\n", base64.StdEncoding.EncodeToString(sum[:]))
	_, _ = conn.Write(says)
	if !ends {
		_, _ = in.WriteTo(io.Discard)
	}
}

// frames returns texts as a server sends them.
func frames(texts ...string) []byte {
	var out []byte
	for _, text := range texts {
		out = append(appendHeader(out, finBit|opText, 0, len(text)), text...)
	}
	return out
}

func closeFrame(code uint16) []byte {
	return append(appendHeader(nil, finBit|opClose, 0, 2), byte(code>>8), byte(code))
}
