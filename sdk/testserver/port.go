package testserver

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"syscall"
)

// Ports are dealt out below those that the kernel gives to clients, and so that
// the bus of a Redis Cluster, 10 000 above, lies there too and is nobody's port.
const (
	firstPort = 12_000
	ports     = 10_000
)

// Port returns a TCP port of the loopback interface that nobody uses and that no
// other call returns, in this process or another, until tb has ended.
func Port(tb TB) int {
	tb.Helper()
	for range 200 {
		port := firstPort + rand.IntN(ports)
		if lock, err := reserve(port); err == nil {
			tb.Cleanup(func() { _ = lock.Close() })
			return port
		}
	}
	tb.Fatalf("testserver: found no free port between %d and %d", firstPort, firstPort+ports)
	return 0
}

// reserve locks the file of a port; the lock ends with the process at the latest.
func reserve(port int) (*os.File, error) {
	dir := filepath.Join(os.TempDir(), "jackfield-ports")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	lock, err := os.OpenFile(filepath.Join(dir, fmt.Sprint(port)), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	l, err := net.Listen("tcp", fmt.Sprint("127.0.0.1:", port))
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return lock, l.Close()
}

// address is that of a port of the loopback interface.
func address(port int) string { return fmt.Sprint("127.0.0.1:", port) }
