//go:build linux

package target

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"runtime"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/jackfield/jackfield/test/bench/load"
)

// ServeFloor is the floor's side of a Floor: it prints its address, takes conns
// connections, prints "ready", and then does one Work per line of in, answering
// with the two numbers of Done.
func ServeFloor(conns int, in io.Reader, out io.Writer) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("floor: %w", err)
	}
	defer l.Close()
	fmt.Fprintln(out, l.Addr())
	w := &floorWork{}
	for range conns {
		c, err := l.Accept()
		if err != nil {
			return fmt.Errorf("floor: %w", err)
		}
		defer c.Close()
		if err := w.add(c.(*net.TCPConn)); err != nil {
			return fmt.Errorf("floor: %w", err)
		}
	}
	fmt.Fprintln(out, "ready")
	runtime.LockOSThread() // its clock is the one that counts
	defer runtime.UnlockOSThread()
	for lines := bufio.NewScanner(in); lines.Scan(); {
		var work Work
		if _, err := fmt.Sscan(lines.Text(), &work.Rate, &work.Burst, &work.Bursts, &work.Size); err != nil {
			return fmt.Errorf("floor: cannot read %q", lines.Text())
		}
		done, err := w.do(work)
		if err != nil {
			return fmt.Errorf("floor: %w", err)
		}
		fmt.Fprintln(out, int64(done.CPU), int64(done.Wall))
	}
	return nil
}

type floorWork struct {
	fds []int
}

func (w *floorWork) add(c *net.TCPConn) error {
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	return raw.Control(func(fd uintptr) { w.fds = append(w.fds, int(fd)) })
}

func (w *floorWork) do(work Work) (d Done, err error) {
	frame := load.Frame(work.Size)
	begin := time.Now()
	for i := range work.Bursts {
		if work.Rate > 0 {
			due := begin.Add(time.Duration(float64(i) / work.Rate * float64(time.Second)))
			time.Sleep(time.Until(due))
		}
		before := threadCPU()
		for range work.Burst {
			if err := w.write(frame); err != nil {
				return d, err
			}
		}
		d.CPU += threadCPU() - before
	}
	d.Wall = time.Since(begin)
	return d, nil
}

// write writes the frame to every connection. The readers keep up; should one
// not, the write is tried until it does.
func (w *floorWork) write(frame []byte) error {
	for _, fd := range w.fds {
		for {
			n, _, errno := syscall.RawSyscall(syscall.SYS_WRITE, uintptr(fd), uintptr(unsafe.Pointer(&frame[0])), uintptr(len(frame)))
			if errno == syscall.EAGAIN {
				time.Sleep(time.Millisecond)
				continue
			}
			if errno != 0 || int(n) != len(frame) {
				return fmt.Errorf("wrote %d of %d bytes: %w", n, len(frame), errno)
			}
			break
		}
	}
	return nil
}

// threadCPU is the processor time of the calling thread.
func threadCPU() time.Duration {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &ts); err != nil {
		return 0
	}
	return time.Duration(ts.Nano())
}
