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
	// patient is unset for TLS after the upgrade: Read fails with errNothing
	// instead of waiting, and wait waits.
	patient bool
	// The call under way.
	into  []byte
	n     int
	errno syscall.Errno
}

func (k *kernel) init(raw syscall.RawConn) {
	k.raw = raw
	k.try = k.attempt
	k.patient = true
}

// Read implements io.Reader.
func (k *kernel) Read(b []byte) (int, error) {
	k.into = b
	err := k.raw.Read(k.try)
	k.into = nil
	switch {
	case err != nil:
		return 0, err
	case k.errno == syscall.EAGAIN:
		return 0, errNothing
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
			k.n, k.errno = 0, errno
			return !k.patient
		default:
			k.n, k.errno = int(n), errno
			return true
		}
	}
}

// wait returns when there is something to read, be it the end.
func (k *kernel) wait() error {
	return k.raw.Read(somethingThere)
}

// somethingThere looks without taking.
func somethingThere(fd uintptr) bool {
	var b [1]byte
	for {
		_, _, errno := syscall.RawSyscall6(syscall.SYS_RECVFROM, fd, uintptr(unsafe.Pointer(&b)), 1, syscall.MSG_PEEK, 0, 0)
		if errno != syscall.EINTR {
			return errno != syscall.EAGAIN
		}
	}
}
