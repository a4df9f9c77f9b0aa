package main

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"syscall"
	"time"
	"unsafe"
)

// serveFloor is the yardstick: a process that holds connections and, told on
// standard input, writes a frame to each of them in a bare loop of write(2).
// A command is "rate burst publishes size": bursts per second, frames behind each other,
// how many bursts, and the size of a frame.
func serveFloor() error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(l.Addr().String())
	var conns []net.Conn
	in := bufio.NewScanner(os.Stdin)
	accepted := make(chan net.Conn, 1<<16)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			accepted <- c
		}
	}()
	var fds []int
	for in.Scan() {
		var rate, burst, bursts, size int
		if n, _ := fmt.Sscan(in.Text(), &rate, &burst, &bursts, &size); n != 4 {
			return fmt.Errorf("floor: cannot read command %q", in.Text())
		}
		for len(accepted) > 0 {
			c := <-accepted
			conns = append(conns, c)
			fds = append(fds, descriptor(c))
		}
		writeBursts(fds, rate, burst, bursts, make([]byte, size))
		fmt.Println("done")
	}
	return nil
}

func descriptor(c net.Conn) (fd int) {
	raw, _ := c.(*net.TCPConn).SyscallConn()
	_ = raw.Control(func(p uintptr) { fd = int(p) })
	return fd
}

func writeBursts(fds []int, rate, burst, bursts int, frame []byte) {
	next := time.Now()
	for range bursts {
		for range burst {
			for _, fd := range fds {
				_, _, _ = syscall.RawSyscall(syscall.SYS_WRITE, uintptr(fd), uintptr(unsafe.Pointer(&frame[0])), uintptr(len(frame)))
			}
		}
		next = next.Add(time.Second / time.Duration(rate))
		time.Sleep(time.Until(next))
	}
}
