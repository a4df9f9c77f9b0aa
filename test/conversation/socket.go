package conversation

import (
	"bufio"
	"crypto/rand"
	"crypto/sha1"
	"crypto/tls"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"
)

// Opcodes of WebSocket frames.
const (
	opContinuation = 0x0
	opText         = 0x1
	opBinary       = 0x2
	opClose        = 0x8
	opPing         = 0x9
	opPong         = 0xA

	finBit      = 0x80
	reservedBit = 0x40
	maskBit     = 0x80
)

// socket is a WebSocket client that sends whatever it is told, also what no
// client should, and is strict about what it receives. One goroutine uses it.
type socket struct {
	conn    net.Conn
	in      *bufio.Reader
	timeout time.Duration
}

// statusError is an upgrade that was refused.
type statusError struct{ status int }

func (e statusError) Error() string { return fmt.Sprintf("upgrade refused: HTTP %d", e.status) }

// dial opens a WebSocket at path of host, over TLS if secure is not nil, with one
// more header unless that is ""; every later call may take timeout.
func dial(host, path, header string, secure *tls.Config, timeout time.Duration) (*socket, error) {
	conn, err := net.DialTimeout("tcp", host, timeout)
	if err != nil {
		return nil, fmt.Errorf("dial: %w", err)
	}
	if secure != nil {
		conn = tls.Client(conn, secure)
	}
	s := &socket{conn: conn, in: bufio.NewReader(conn), timeout: timeout}
	if err := s.upgrade(host, path, header); err != nil {
		conn.Close()
		return nil, err
	}
	return s, nil
}

func (s *socket) upgrade(host, path, header string) error {
	if header != "" {
		header += "\r\n"
	}
	nonce := make([]byte, 16)
	_, _ = rand.Read(nonce)
	key := base64.StdEncoding.EncodeToString(nonce)
	s.extend()
	_, err := fmt.Fprintf(s.conn, "GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\n%s\r\n", path, host, key, header)
	if err != nil {
		return fmt.Errorf("send upgrade: %w", err)
	}
	resp, err := http.ReadResponse(s.in, nil)
	if err != nil {
		return fmt.Errorf("read answer to upgrade: %w", err)
	}
	if resp.StatusCode != http.StatusSwitchingProtocols {
		return statusError{resp.StatusCode}
	}
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	if want, got := base64.StdEncoding.EncodeToString(sum[:]), resp.Header.Get("Sec-Websocket-Accept"); got != want {
		return fmt.Errorf("upgrade: Sec-WebSocket-Accept is %q, want %q", got, want)
	}
	return nil
}

// extend gives the next read and write their time.
func (s *socket) extend() { _ = s.conn.SetDeadline(time.Now().Add(s.timeout)) }

// write sends bytes as they are.
func (s *socket) write(p []byte) error {
	s.extend()
	_, err := s.conn.Write(p)
	return err
}

// send sends one frame with this first byte, masked as the protocol asks.
func (s *socket) send(first byte, payload []byte) error {
	return s.write(appendFrame(nil, first, payload))
}

// appendFrame appends a masked frame.
func appendFrame(dst []byte, first byte, payload []byte) []byte {
	dst = appendHeader(dst, first, maskBit, len(payload))
	var mask [4]byte
	_, _ = rand.Read(mask[:])
	dst = append(dst, mask[:]...)
	for i, b := range payload {
		dst = append(dst, b^mask[i%4])
	}
	return dst
}

// appendHeader appends the header of a frame up to the mask.
func appendHeader(dst []byte, first, masked byte, n int) []byte {
	switch {
	case n < 126:
		return append(dst, first, masked|byte(n))
	case n < 1<<16:
		return binary.BigEndian.AppendUint16(append(dst, first, masked|126), uint16(n))
	default:
		return binary.BigEndian.AppendUint64(append(dst, first, masked|127), uint64(n))
	}
}

// receive returns the next message or control frame; pings are answered on the way.
func (s *socket) receive() (op byte, payload []byte, err error) {
	s.extend()
	for {
		first, part, err := s.readFrame()
		if err != nil {
			return 0, nil, err
		}
		switch got := first & 0xF; {
		case got == opPing:
			if err := s.send(finBit|opPong, part); err != nil {
				return 0, nil, err
			}
			continue
		case got >= opClose:
			return got, part, nil
		case got == opContinuation && op == 0, got != opContinuation && op != 0:
			return 0, nil, fmt.Errorf("frame with opcode %d out of place", got)
		case got != opContinuation:
			op = got
		}
		payload = append(payload, part...)
		if first&finBit != 0 {
			return op, payload, nil
		}
	}
}

func (s *socket) readFrame() (first byte, payload []byte, err error) {
	var head [2]byte
	if _, err := io.ReadFull(s.in, head[:]); err != nil {
		return 0, nil, err
	}
	if head[0]&0x70 != 0 || head[1]&maskBit != 0 {
		return 0, nil, fmt.Errorf("frame begins % x: reserved bits and masks are not for servers", head)
	}
	n, err := s.readLength(head[1])
	if err != nil {
		return 0, nil, err
	}
	payload = make([]byte, n)
	_, err = io.ReadFull(s.in, payload)
	return head[0], payload, err
}

func (s *socket) readLength(short byte) (uint64, error) {
	size := map[byte]int{126: 2, 127: 8}[short]
	if size == 0 {
		return uint64(short), nil
	}
	var long [8]byte
	if _, err := io.ReadFull(s.in, long[8-size:]); err != nil {
		return 0, err
	}
	n := binary.BigEndian.Uint64(long[:])
	if n > 64<<20 {
		return 0, fmt.Errorf("frame of %d bytes", n)
	}
	return n, nil
}

// ended waits for the server to end the TCP connection.
func (s *socket) ended() error {
	s.extend()
	switch n, err := s.in.Read(make([]byte, 1)); {
	case n > 0:
		return errors.New("bytes after the close frame")
	case errors.Is(err, os.ErrDeadlineExceeded):
		return errors.New("the server does not end the connection")
	default:
		return nil // end of stream or reset
	}
}
