//go:build linux

package load

import (
	"sync/atomic"
	"time"
)

// count is how many bytes of messages were read.
type count struct {
	bytes atomic.Int64
}

// Bytes is how many bytes of messages were read so far, frames and all.
func (c *count) Bytes() int64 { return c.bytes.Load() }

// Await waits until so many bytes were read; false if they have not come in time.
func (c *count) Await(bytes int64, patience time.Duration) bool {
	for end := time.Now().Add(patience); c.Bytes() < bytes; time.Sleep(sinkNap) {
		if time.Now().After(end) {
			return false
		}
	}
	return true
}

// Readers read from sockets of any kind, TLS too, with a goroutine each.
type Readers struct {
	count
	sockets []*Socket
}

// NewReaders starts to read from sockets, which now belong to the Readers.
func NewReaders(sockets ...*Socket) *Readers {
	r := &Readers{sockets: sockets}
	for _, s := range sockets {
		go r.read(s)
	}
	return r
}

func (r *Readers) read(s *Socket) {
	s.surplus()
	buf := make([]byte, 4096)
	for {
		n, err := s.stream.Read(buf)
		r.bytes.Add(s.meter.count(buf[:n]))
		if err != nil {
			return
		}
	}
}

// Close closes the sockets.
func (r *Readers) Close() { Disperse(r.sockets) }
