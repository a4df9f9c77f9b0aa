//go:build linux

package load

import (
	"encoding/binary"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/jackfield/jackfield/test/bench/stat"
)

// Sink reads from many sockets as cheaply as it can. Between two looks at them
// it sleeps for a millisecond: what it reads gathers in the kernel, and a server's
// write never pays for waking a reader.
type Sink struct {
	count
	// Late is how late messages came, if the sink is timed. What counts is when
	// the kernel had them, not when the sink came to read them.
	Late stat.Histogram

	timed   bool
	epoll   int
	sockets []*Socket
	ended   atomic.Int64
	stop    atomic.Bool
	done    chan struct{}
}

const (
	sinkNap    = time.Millisecond
	sinkEvents = 256
)

// NewSink starts a sink of sockets, which now belong to it.
func NewSink(timed bool, sockets ...*Socket) (*Sink, error) {
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("sink: %w", err)
	}
	s := &Sink{epoll: epoll, timed: timed, sockets: sockets, done: make(chan struct{})}
	for i := range sockets {
		if err := s.watch(i); err != nil {
			_ = unix.Close(epoll)
			Disperse(sockets)
			return nil, fmt.Errorf("sink: %w", err)
		}
	}
	go s.run()
	return s, nil
}

func (s *Sink) watch(i int) error {
	s.sockets[i].surplus()
	fd := s.sockets[i].fd
	if s.timed {
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1); err != nil {
			return err
		}
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		return err
	}
	return unix.EpollCtl(s.epoll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(i)})
}

// Ended is how many sockets the server has closed.
func (s *Sink) Ended() int64 { return s.ended.Load() }

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
			s.read(s.sockets[e.Fd], buf)
		}
		if n < sinkEvents {
			time.Sleep(sinkNap)
		} else {
			runtime.Gosched()
		}
	}
}

func (s *Sink) read(c *Socket, buf []byte) {
	n, at, err := s.receive(c.fd, buf)
	switch {
	case n > 0:
		if s.timed {
			eachStamp(buf[:n], func(due time.Time) { s.Late.Add(at.Sub(due)) })
		}
		s.bytes.Add(c.meter.count(buf[:n]))
	case err != unix.EAGAIN && err != unix.EINTR:
		_ = unix.EpollCtl(s.epoll, unix.EPOLL_CTL_DEL, c.fd, nil)
		s.ended.Add(1)
	}
}

// receive reads and, in a timed sink, tells when the last of it had come.
func (s *Sink) receive(fd int, buf []byte) (n int, at time.Time, err error) {
	if !s.timed {
		n, err = unix.Read(fd, buf)
		return n, at, err
	}
	var oob [64]byte
	n, used, _, _, err := unix.Recvmsg(fd, buf, oob[:], 0)
	if n <= 0 {
		return n, at, err
	}
	return n, arrival(oob[:used]), nil
}

// arrival reads the kernel's time stamp from a control message: a header of 16
// bytes and a timespec. Without one, the time is now.
func arrival(control []byte) time.Time {
	const header, size = unix.SizeofCmsghdr, 16
	if len(control) < header+size {
		return time.Now()
	}
	sec := binary.NativeEndian.Uint64(control[header:])
	nsec := binary.NativeEndian.Uint64(control[header+8:])
	return time.Unix(int64(sec), int64(nsec))
}
