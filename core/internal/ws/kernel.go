package ws

import (
	"io"
	"syscall"
	"unsafe"
)

// kernel reads from a descriptor. It does what net.Conn's Read does with less
// stack, which every connection's reader holds for as long as it waits: with
// net.Conn's it would not fit into the smallest stack there is. One goroutine
// at a time uses it; read deadlines of the connection apply.
type kernel struct {
	raw syscall.RawConn
	try func(fd uintptr) bool // attempt, made once
	// The call under way.
	into  []byte
	n     int
	errno syscall.Errno
}

func (k *kernel) init(raw syscall.RawConn) {
	k.raw = raw
	k.try = k.attempt
}

// Read implements io.Reader.
func (k *kernel) Read(b []byte) (int, error) {
	k.into = b
	err := k.raw.Read(k.try)
	k.into = nil
	switch {
	case err != nil:
		return 0, err
	case k.errno != 0:
		return 0, k.errno
	case k.n == 0 && len(b) > 0:
		return 0, io.EOF
	}
	return k.n, nil
}

// attempt is read(2) without telling the scheduler: the descriptor is
// non-blocking. It reports false if there is nothing to read now.
func (k *kernel) attempt(fd uintptr) bool {
	for {
		n, _, errno := syscall.RawSyscall(syscall.SYS_READ, fd, uintptr(unsafe.Pointer(unsafe.SliceData(k.into))), uintptr(len(k.into)))
		switch errno {
		case syscall.EINTR:
		case syscall.EAGAIN:
			return false
		default:
			k.n, k.errno = int(n), errno
			return true
		}
	}
}
