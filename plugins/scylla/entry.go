package main

import (
	"context"
	"net"
	"sync"

	gocql "github.com/apache/cassandra-gocql-driver/v2"
)

// entry dials nodes, and watches over the making of a session, which gocql
// neither lets be cancelled nor explains but in a text.
type entry struct {
	dialer net.Dialer
	ctx    context.Context // of the making

	mu     sync.Mutex
	opened []net.Conn
	inside bool // the session is made: what is dialled now is its own matter
	last   error
}

// DialContext implements gocql.Dialer.
func (e *entry) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	e.mu.Lock()
	if !e.inside {
		defer context.AfterFunc(e.ctx, cancel)()
	}
	e.mu.Unlock()
	conn, err := e.dialer.DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.inside {
		e.opened = append(e.opened, conn)
	}
	return conn, nil
}

// ObserveConnect implements gocql.ConnectObserver.
func (e *entry) ObserveConnect(c gocql.ObservedConnect) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if c.Err != nil && !e.inside {
		e.last = c.Err
	}
}

// abort ends the making.
func (e *entry) abort() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.inside {
		return
	}
	for _, conn := range e.opened {
		_ = conn.Close()
	}
}

// passed ends the watch.
func (e *entry) passed() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.inside, e.opened = true, nil
}

// reason is what the last connection failed of; err if none did.
func (e *entry) reason(err error) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.last != nil {
		return e.last
	}
	return err
}
