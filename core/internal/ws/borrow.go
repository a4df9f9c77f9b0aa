package ws

import "crypto/tls"

// Reading through TLS takes more stack than the smallest there is, and whatever
// the goroutine of a reader has once needed, the connection holds for its life.
// So the reader waits for the kernel by itself and has TLS read on a stack that
// is given back at once.

// borrowed reads from a TLS connection after the upgrade, for its reader alone.
// All it needs is made beforehand: to allocate takes a deep stack now and then.
type borrowed struct {
	tls    *tls.Conn
	kernel *kernel
	work   func() // read
	done   chan struct{}
	// The read under way.
	into []byte
	n    int
	err  error
}

func borrow(c *Conn) *borrowed {
	r := &borrowed{tls: c.tls, kernel: &c.kernel, done: make(chan struct{})}
	r.work = r.read
	return r
}

// Read implements io.Reader.
func (r *borrowed) Read(b []byte) (int, error) {
	r.into = b
	for {
		go r.work()
		<-r.done
		if r.err != errNothing {
			r.into = nil
			return r.n, r.err
		}
		if err := r.kernel.wait(); err != nil {
			return 0, err
		}
	}
}

// read reads what is there now.
func (r *borrowed) read() {
	r.n, r.err = r.tls.Read(r.into)
	r.done <- struct{}{}
}

// nothing is what TLS is told when the kernel has nothing to read: an error
// that, by its Temporary, is not the connection's last.
type nothing struct{}

var errNothing error = nothing{}

func (nothing) Error() string   { return "nothing to read now" }
func (nothing) Timeout() bool   { return true }
func (nothing) Temporary() bool { return true }
