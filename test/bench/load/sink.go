//go:build linux

package load

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/jackfield/jackfield/test/bench/stat"
)

// Sink reads from many sockets as cheaply as it can. Between two looks at them
// it sleeps for a millisecond: what it reads gathers in the kernel, and a server's
// write never pays for waking a reader. Times are that much coarser.
type Sink struct {
	// Late is how late messages were, while Timing is set.
	Late   stat.Histogram
	Timing atomic.Bool

	epoll   int
	sockets []*Socket
	bytes   atomic.Int64
	ended   atomic.Int64
	stop    atomic.Bool
	done    chan struct{}
}

const (
	sinkNap    = time.Millisecond
	sinkEvents = 256
)

// NewSink starts a sink of sockets, which now belong to it.
func NewSink(sockets ...*Socket) (*Sink, error) {
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("sink: %w", err)
	}
	s := &Sink{epoll: epoll, done: make(chan struct{})}
	go s.run()
	return s, s.Add(sockets...)
}

// Add gives further sockets to the sink.
func (s *Sink) Add(sockets ...*Socket) error {
	s.sockets = append(s.sockets, sockets...)
	for _, c := range sockets {
		if err := unix.SetNonblock(c.fd, true); err != nil {
			return fmt.Errorf("sink: %w", err)
		}
		if err := unix.EpollCtl(s.epoll, unix.EPOLL_CTL_ADD, c.fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(c.fd)}); err != nil {
			return fmt.Errorf("sink: %w", err)
		}
	}
	return nil
}

// Bytes is how much was read so far.
func (s *Sink) Bytes() int64 { return s.bytes.Load() }

// Ended is how many sockets the server has closed.
func (s *Sink) Ended() int64 { return s.ended.Load() }

// Await waits until so many bytes were read; false if they have not come in time.
func (s *Sink) Await(bytes int64, patience time.Duration) bool {
	return await(&s.bytes, bytes, patience)
}

func await(count *atomic.Int64, wanted int64, patience time.Duration) bool {
	for end := time.Now().Add(patience); count.Load() < wanted; time.Sleep(sinkNap) {
		if time.Now().After(end) {
			return false
		}
	}
	return true
}

// Close closes the sockets.
func (s *Sink) Close() {
	s.stop.Store(true)
	<-s.done
	_ = unix.Close(s.epoll)
	Disperse(s.sockets)
}

func (s *Sink) run() {
	defer close(s.done)
	events := make([]unix.EpollEvent, sinkEvents)
	buf := make([]byte, 256<<10)
	for !s.stop.Load() {
		n, err := unix.EpollWait(s.epoll, events, 0)
		if err != nil && err != unix.EINTR {
			return
		}
		for _, e := range events[:max(n, 0)] {
			s.read(int(e.Fd), buf)
		}
		if n < sinkEvents {
			time.Sleep(sinkNap)
		} else {
			runtime.Gosched()
		}
	}
}

func (s *Sink) read(fd int, buf []byte) {
	n, err := unix.Read(fd, buf)
	switch {
	case n > 0:
		if s.Timing.Load() {
			now := time.Now()
			eachStamp(buf[:n], func(due time.Time) { s.Late.Add(now.Sub(due)) })
		}
		s.bytes.Add(int64(n))
	case err != unix.EAGAIN && err != unix.EINTR:
		_ = unix.EpollCtl(s.epoll, unix.EPOLL_CTL_DEL, fd, nil)
		s.ended.Add(1)
	}
}

// Drain connects to addr as often as told and reads until the peer has closed
// all connections.
func Drain(addr string, conns int) error {
	s, err := NewSink()
	if err != nil {
		return err
	}
	defer s.Close()
	for range conns {
		fd, err := connect(addr)
		if err != nil {
			return err
		}
		if err := s.Add(&Socket{stream: descriptor(fd), fd: fd}); err != nil {
			return err
		}
	}
	for s.Ended() < int64(conns) {
		time.Sleep(100 * sinkNap)
	}
	return nil
}
