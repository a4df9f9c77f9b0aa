//go:build linux

package load

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net"
	"strconv"
	"time"
)

// Publisher publishes over one connection that stays open. One goroutine at a
// time may use it.
type Publisher struct {
	addr, base string
	app        App
	secure     bool
	conn       net.Conn
	in         *bufio.Reader
	mac        hash.Hash
	body, req  []byte
}

// NewPublisher returns a publisher for an app of the server at addr.
func NewPublisher(addr string, app App, secure bool) *Publisher {
	return &Publisher{addr: addr, base: "/apps/" + app.ID, app: app, secure: secure, mac: hmac.New(sha256.New, []byte(app.Secret))}
}

// Close closes the connection, if there is one.
func (p *Publisher) Close() {
	if p.conn != nil {
		_ = p.conn.Close()
		p.conn = nil
	}
}

// Event publishes one message to the channels and returns the status of the answer.
func (p *Publisher) Event(due time.Time, channels ...string) (status int, err error) {
	p.body = appendEvent(p.body[:0], due, dataSize, channels)
	return p.post("/events")
}

// Large publishes one message with so many bytes of data.
func (p *Publisher) Large(due time.Time, size int, channels ...string) (status int, err error) {
	p.body = appendEvent(p.body[:0], due, size, channels)
	return p.post("/events")
}

// Batch publishes n messages to a channel in one request.
func (p *Publisher) Batch(due time.Time, channel string, n int) (status int, err error) {
	p.body = appendBatch(p.body[:0], due, channel, n)
	return p.post("/batch_events")
}

func (p *Publisher) post(path string) (status int, err error) {
	if err := p.dial(); err != nil {
		return 0, err
	}
	p.appendRequest(p.base+path, time.Now())
	if _, err = p.conn.Write(p.req); err == nil {
		status, err = p.answer()
	}
	if err != nil {
		p.Close()
		return 0, fmt.Errorf("publish: %w", err)
	}
	return status, nil
}

// appendRequest writes a signed request with the body to req.
func (p *Publisher) appendRequest(path string, now time.Time) {
	sum := md5.Sum(p.body)
	query := append(make([]byte, 0, 160), "auth_key="+p.app.Key+"&auth_timestamp="...)
	query = strconv.AppendInt(query, now.Unix(), 10)
	query = hex.AppendEncode(append(query, "&auth_version=1.0&body_md5="...), sum[:])
	p.mac.Reset()
	_, _ = io.WriteString(p.mac, "POST\n"+path+"\n")
	_, _ = p.mac.Write(query)
	b := append(p.req[:0], "POST "+path+"?"...)
	b = append(append(b, query...), "&auth_signature="...)
	b = hex.AppendEncode(b, p.mac.Sum(nil))
	b = append(b, " HTTP/1.1\r\nHost: "+p.addr+"\r\nContent-Type: application/json\r\nContent-Length: "...)
	b = strconv.AppendInt(b, int64(len(p.body)), 10)
	p.req = append(append(b, "\r\n\r\n"...), p.body...)
}

func (p *Publisher) dial() (err error) {
	if p.conn != nil {
		return nil
	}
	if p.secure {
		p.conn, err = tls.Dial("tcp", p.addr, &tls.Config{InsecureSkipVerify: true})
	} else {
		p.conn, err = net.Dial("tcp", p.addr)
	}
	if err != nil {
		p.conn = nil
		return fmt.Errorf("publish: %w", err)
	}
	p.in = bufio.NewReader(p.conn)
	return nil
}

// answer reads a response and throws its body away.
func (p *Publisher) answer() (status int, err error) {
	line, err := p.in.ReadSlice('\n')
	if err != nil {
		return 0, err
	}
	if len(line) < 12 {
		return 0, errors.New("short status line")
	}
	status, _ = strconv.Atoi(string(line[9:12]))
	length := -1
	for {
		if line, err = p.in.ReadSlice('\n'); err != nil {
			return 0, err
		}
		if line = bytes.TrimRight(line, "\r\n"); len(line) == 0 {
			break
		}
		key, v, _ := bytes.Cut(line, []byte(":"))
		if bytes.EqualFold(key, []byte("Content-Length")) {
			length, _ = strconv.Atoi(string(bytes.TrimSpace(v)))
		}
	}
	if length < 0 {
		return 0, errors.New("answer has no Content-Length")
	}
	_, err = p.in.Discard(length)
	return status, err
}
