//go:build linux

package load

import "time"

// Drain connects to addr as often as told and reads until the peer has closed
// all connections.
func Drain(addr string, conns int) error {
	sockets := make([]*Socket, conns)
	for i := range sockets {
		fd, err := connect(addr, false)
		if err != nil {
			return err
		}
		sockets[i] = &Socket{stream: descriptor(fd), fd: fd}
	}
	s, err := NewSink(false, sockets...)
	if err != nil {
		return err
	}
	defer s.Close()
	for s.Ended() < int64(conns) {
		time.Sleep(100 * sinkNap)
	}
	return nil
}
