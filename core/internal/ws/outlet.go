package ws

import (
	"net"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

// flushChunk bounds one blocking write of parked bytes, so that the account of
// what is parked follows the client's progress.
const flushChunk = 64 << 10

// outlet is the descriptor of a connection and what waits in front of it. It is
// a net.Conn, so that TLS can lie on top of it.
type outlet struct {
	nc net.Conn
	kernel

	mu sync.Mutex
	// All below are guarded by mu.
	fd       int
	blocking bool // before the upgrade: Write waits for the kernel as usual
	broken   bool // writes are thrown away
	halfShut bool // the write side ends when nothing is parked
	flushing bool // a goroutine is bringing parked bytes to the kernel
	inflight int  // bytes in the hands of that goroutine
	parked   []byte
}

func (o *outlet) init(nc net.Conn) error {
	o.nc, o.fd, o.blocking = nc, -1, true
	sc, ok := nc.(syscall.Conn)
	if !ok {
		return syscall.ENOTSUP
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return err
	}
	o.kernel.init(raw)
	return raw.Control(func(fd uintptr) { o.fd = int(fd) })
}

// Write sends b or parks it. It keeps nothing of b. Only before the upgrade it
// may block.
func (o *outlet) Write(b []byte) (int, error) {
	o.mu.Lock()
	if o.blocking {
		o.mu.Unlock()
		return o.nc.Write(b)
	}
	defer o.mu.Unlock()
	if o.broken {
		return 0, net.ErrClosed
	}
	o.put(b)
	return len(b), nil
}

// put hands b to the kernel or parks what it refuses. mu is held.
func (o *outlet) put(b []byte) {
	if !o.flushing {
		n, errno := writeNow(o.fd, b)
		if n == len(b) {
			return
		}
		if errno != 0 && errno != syscall.EAGAIN {
			o.broken = true
			return
		}
		b = b[n:]
	}
	o.parked = append(o.parked, b...)
	if !o.flushing {
		o.flushing = true
		go o.flush()
	}
}

// writeNow is write(2) without telling the scheduler: the descriptor is
// non-blocking, so the call cannot wait. It returns how much was written.
func writeNow(fd int, b []byte) (int, syscall.Errno) {
	if len(b) == 0 {
		return 0, 0
	}
	for {
		n, _, errno := syscall.RawSyscall(syscall.SYS_WRITE, uintptr(fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)))
		switch {
		case errno == 0:
			return int(n), 0
		case errno != syscall.EINTR:
			return 0, errno
		}
	}
}

// flush waits for the kernel on behalf of the connection until nothing is parked.
func (o *outlet) flush() {
	o.mu.Lock()
	for len(o.parked) > 0 && !o.broken {
		b := o.parked
		o.parked, o.inflight = nil, len(b)
		for len(b) > 0 && !o.broken {
			chunk := b[:min(len(b), flushChunk)]
			o.mu.Unlock()
			n, err := o.nc.Write(chunk)
			o.mu.Lock()
			b = b[n:]
			o.inflight = len(b)
			o.broken = o.broken || err != nil
		}
	}
	o.flushing, o.inflight = false, 0
	if o.broken {
		o.parked = nil
	}
	if o.halfShut {
		o.shutWrite()
	}
	o.mu.Unlock()
}

// waiting is the number of parked bytes. mu is held.
func (o *outlet) waiting() int { return o.inflight + len(o.parked) }

// finishWrites ends the write side once everything parked is out. mu is held.
func (o *outlet) finishWrites() {
	if o.halfShut {
		return
	}
	o.halfShut = true
	if !o.flushing {
		o.shutWrite()
	}
}

func (o *outlet) shutWrite() {
	o.broken = true
	if cw, ok := o.nc.(interface{ CloseWrite() error }); ok {
		_ = cw.CloseWrite()
	}
}

// unblock ends the time in which Write may wait.
func (o *outlet) unblock() {
	o.mu.Lock()
	o.blocking = false
	o.mu.Unlock()
}

// kill closes the descriptor. Nobody writes to its number afterwards.
func (o *outlet) kill() {
	o.mu.Lock()
	o.broken, o.parked = true, nil
	o.mu.Unlock()
	_ = o.nc.Close()
}

func (o *outlet) Close() error                       { o.kill(); return nil }
func (o *outlet) LocalAddr() net.Addr                { return o.nc.LocalAddr() }
func (o *outlet) RemoteAddr() net.Addr               { return o.nc.RemoteAddr() }
func (o *outlet) SetDeadline(t time.Time) error      { return o.nc.SetDeadline(t) }
func (o *outlet) SetReadDeadline(t time.Time) error  { return o.nc.SetReadDeadline(t) }
func (o *outlet) SetWriteDeadline(t time.Time) error { return o.nc.SetWriteDeadline(t) }
