package main

import (
	"bytes"
	"math/bits"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// sink reads from many sockets and throws away what it reads, as cheaply as it
// can; it counts bytes and, if asked, how late time stamps in them are.
type sink struct {
	epoll int
	bytes atomic.Int64
	stop  atomic.Bool
	done  chan struct{}

	timing atomic.Bool
	late   histogram
}

func newSink() (*sink, error) {
	ep, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, err
	}
	s := &sink{epoll: ep, done: make(chan struct{})}
	go s.run()
	return s, nil
}

func (s *sink) add(fd int) error {
	if err := unix.SetNonblock(fd, true); err != nil {
		return err
	}
	return unix.EpollCtl(s.epoll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)})
}

func (s *sink) run() {
	defer close(s.done)
	events := make([]unix.EpollEvent, 512)
	buf := make([]byte, 256<<10)
	for !s.stop.Load() {
		n, err := unix.EpollWait(s.epoll, events, 100)
		if err != nil && err != unix.EINTR {
			return
		}
		for _, e := range events[:max(n, 0)] {
			s.read(int(e.Fd), buf)
		}
	}
}

func (s *sink) read(fd int, buf []byte) {
	n, err := unix.Read(fd, buf)
	if n <= 0 {
		if err != unix.EAGAIN && err != unix.EINTR {
			_ = unix.EpollCtl(s.epoll, unix.EPOLL_CTL_DEL, fd, nil)
		}
		return
	}
	s.bytes.Add(int64(n))
	if s.timing.Load() {
		s.time(buf[:n])
	}
}

// stamp precedes the time in a message: nanoseconds, 19 digits.
const stamp = "T="

func (s *sink) time(b []byte) {
	now := time.Now().UnixNano()
	for {
		i := bytes.Index(b, []byte(stamp))
		if i < 0 || len(b) < i+len(stamp)+19 {
			return
		}
		var at int64
		for _, c := range b[i+len(stamp) : i+len(stamp)+19] {
			at = at*10 + int64(c-'0')
		}
		s.late.add(time.Duration(now - at))
		b = b[i+len(stamp)+19:]
	}
}

func (s *sink) close() {
	s.stop.Store(true)
	<-s.done
	_ = unix.Close(s.epoll)
}

// await waits until so many bytes have come in, or patience runs out; it reports
// whether they did.
func (s *sink) await(bytes int64) bool {
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(200 * time.Microsecond) {
		if s.bytes.Load() >= bytes {
			return true
		}
	}
	return false
}

// histogram counts durations in buckets of a sixteenth of a power of two.
type histogram struct {
	counts [64 * 16]atomic.Int64
}

func (h *histogram) add(d time.Duration) { h.counts[bucket(d)].Add(1) }

func bucket(d time.Duration) int {
	n := uint64(max(d, 1))
	exp := 63 - bits.LeadingZeros64(n)
	if exp < 4 {
		return int(n)
	}
	return exp*16 + int(n>>(exp-4))&15
}

func (h *histogram) reset() {
	for i := range h.counts {
		h.counts[i].Store(0)
	}
}

// quantile is the upper end of the bucket below which the share q lies.
func (h *histogram) quantile(q float64) time.Duration {
	var total int64
	for i := range h.counts {
		total += h.counts[i].Load()
	}
	left := int64(float64(total) * q)
	for i := range h.counts {
		if left -= h.counts[i].Load(); left < 0 {
			exp, part := i/16, i%16
			if exp < 4 {
				return time.Duration(i)
			}
			return time.Duration(uint64(16+part+1) << (exp - 4))
		}
	}
	return 0
}
