//go:build unix

package sdk

import (
	"os"

	"golang.org/x/sys/unix"
)

// detachStdout makes descriptor 1 another name of standard error and returns
// a private handle of what it was.
func detachStdout() *os.File {
	fd, err := unix.FcntlInt(1, unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return os.Stdout
	}
	_ = unix.Dup2(2, 1)
	return os.NewFile(uintptr(fd), "stdout")
}

// keepFromChildren closes a descriptor in programs that this one starts.
func keepFromChildren(fd uintptr) { unix.CloseOnExec(int(fd)) }
