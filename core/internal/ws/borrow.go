package ws

import (
	"crypto/tls"
	"sync"
)

// Reading through TLS takes more stack than the smallest there is, and whatever
// the goroutine of a reader has once needed, the connection holds for its life.
// So the reader waits for the kernel by itself and has TLS read on a stack that
// is given back at once.

// loan is one read on a borrowed stack.
type loan struct {
	tls  *tls.Conn
	into []byte
	n    int
	err  error
	done chan struct{}
}

var loans = sync.Pool{New: func() any { return &loan{done: make(chan struct{})} }}

func (l *loan) run() {
	l.n, l.err = l.tls.Read(l.into)
	l.done <- struct{}{}
}

// borrowed reads from a TLS connection after the upgrade, for the reader alone.
type borrowed struct{ *Conn }

// Read implements io.Reader.
func (r borrowed) Read(b []byte) (int, error) {
	for {
		n, err := r.lend(b)
		if err != errNothing {
			return n, err
		}
		if err := r.kernel.wait(); err != nil {
			return 0, err
		}
	}
}

// lend reads what is there now.
func (r borrowed) lend(b []byte) (int, error) {
	l := loans.Get().(*loan)
	l.tls, l.into = r.tls, b
	go l.run()
	<-l.done
	n, err := l.n, l.err
	l.tls, l.into, l.err = nil, nil, nil
	loans.Put(l)
	return n, err
}

// nothing is what TLS is told when the kernel has nothing to read: an error
// that, by its Temporary, is not the connection's last.
type nothing struct{}

var errNothing error = nothing{}

func (nothing) Error() string   { return "nothing to read now" }
func (nothing) Timeout() bool   { return true }
func (nothing) Temporary() bool { return true }
