package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/jackfield/jackfield/sdk/wholebody"
)

// lateConn returns from the write that ends a request only when the answer is
// being read.
type lateConn struct {
	net.Conn
	mu      sync.Mutex
	reads   int
	reading chan struct{} // closed when somebody reads on behind the first bytes
	written chan struct{} // closed when the request is
	closed  chan struct{}
	end     sync.Once
}

func (c *lateConn) Read(p []byte) (int, error) {
	c.mu.Lock()
	if c.reads++; c.reads == 2 {
		close(c.reading)
	}
	c.mu.Unlock()
	return c.Conn.Read(p)
}

func (c *lateConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	if bytes.HasSuffix(p, []byte("}")) {
		<-c.reading
		defer close(c.written)
	}
	return n, err
}

func (c *lateConn) Close() error {
	defer c.end.Do(func() { close(c.closed) })
	return c.Conn.Close()
}

// A connection was closed in the middle of an answer of more than 4 KiB that
// came before its request was known to be written. The SDK then asked again, and
// SQS had hidden what it gave the first time.
func TestAnAnswerOutrunsItsRequest(t *testing.T) {
	conns := make(chan *lateConn, 1)
	var asked atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		asked.Add(1)
		answer := fmt.Sprintf(`{"Messages":[{"MessageId":"m","Body":%q}]}`, strings.Repeat("x", 8<<10))
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		w.Header().Set("Content-Length", fmt.Sprint(len(answer)))
		_, _ = w.Write([]byte(answer[:1000]))
		_ = http.NewResponseController(w).Flush()
		conn := <-conns
		<-conn.written
		ctx, cancel := contextFor(t, patience/200)
		defer cancel()
		select { // whether the connection is closed shows at once
		case <-conn.closed:
		case <-ctx.Done():
		}
		_, _ = w.Write([]byte(answer[1000:]))
	}))
	defer server.Close()

	q := openTest(t, settings(server.URL, false))
	client := q.api.(*sqs.Client)
	whole, ok := client.Options().HTTPClient.(*wholebody.Client)
	if !ok {
		t.Fatalf("the client sends through a %T", client.Options().HTTPClient)
	}
	transport := &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, address)
		late := &lateConn{Conn: conn, reading: make(chan struct{}), written: make(chan struct{}), closed: make(chan struct{})}
		conns <- late
		return late, err
	}}
	defer transport.CloseIdleConnections()
	whole.Next = &http.Client{Transport: transport}
	out, err := client.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: aws.String(server.URL + "/q")}, once)
	if err != nil || len(out.Messages) != 1 {
		t.Errorf("got %v, %v", out, err)
	}
	want(t, "calls", asked.Load(), 1)
}
