package hub

import (
	"os"

	"golang.org/x/sys/unix"
)

// breath lets a busy worker give way to the network. The runtime looks for
// sockets that became ready when a processor has nothing else to run, or every
// 10 ms; under full load a worker that merely yields is always something to run,
// so publishes and frames would wait those 10 ms. A breath waits for a descriptor
// of its own by way of the runtime's poller, which thereby looks at all others.
// It costs two small system calls.
type breath struct {
	event *os.File
	kick  chan struct{}
	done  chan struct{}
}

// newBreath returns nil if the system has no descriptor to spare.
func newBreath() *breath {
	fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return nil
	}
	b := &breath{event: os.NewFile(uintptr(fd), "breath"), kick: make(chan struct{}, 1), done: make(chan struct{})}
	go b.answer(fd)
	return b
}

// answer makes the descriptor ready after each kick: by then the worker waits.
func (b *breath) answer(fd int) {
	defer close(b.done)
	one := []byte{1, 0, 0, 0, 0, 0, 0, 0}
	for range b.kick {
		_, _ = unix.Write(fd, one)
	}
}

func (b *breath) take() {
	var count [8]byte
	b.kick <- struct{}{}
	_, _ = b.event.Read(count[:])
}

func (b *breath) end() {
	close(b.kick)
	<-b.done
	_ = b.event.Close()
}
