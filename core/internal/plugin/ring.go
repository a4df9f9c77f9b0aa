package plugin

import "sync"

// ring keeps the last bytes written to it. It is safe for concurrent use.
type ring struct {
	mu   sync.Mutex
	buf  []byte
	next int
	full bool
}

func newRing(size int) *ring { return &ring{buf: make([]byte, size)} }

// write appends p, overwriting the oldest bytes.
func (r *ring) write(p []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(p) > len(r.buf) {
		p = p[len(p)-len(r.buf):]
	}
	n := copy(r.buf[r.next:], p)
	if n < len(p) || r.next+n == len(r.buf) {
		r.full = true
	}
	copy(r.buf, p[n:])
	r.next = (r.next + len(p)) % len(r.buf)
}

// bytes returns what is kept, oldest first.
func (r *ring) bytes() []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.full {
		return append([]byte(nil), r.buf[:r.next]...)
	}
	out := make([]byte, 0, len(r.buf))
	out = append(out, r.buf[r.next:]...)
	return append(out, r.buf[:r.next]...)
}
