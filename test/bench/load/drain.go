//go:build linux

package load

import "time"

// Drain connects to addr as often as told and reads until the peer has closed
// all connections.
func Drain(addr string, conns int) error {
	s, err := NewSink(false)
	if err != nil {
		return err
	}
	defer s.Close()
	for range conns {
		fd, err := connect(addr, false)
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
