//go:build linux

package main

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/jackfield/jackfield/test/bench/load"
	"github.com/jackfield/jackfield/test/bench/target"
)

// silent are the clients of an audience's server that never read.
type silent struct {
	a       *audience
	sockets []*load.Socket
	before  int64 // memory of the server when these came
	came    int   // so far
}

const (
	fillRoom = "quiet" // only the silent clients are in it
	fillSize = 16 << 10
)

// come lets ten others in and publishes to them alone until the kernel takes no
// more for them.
func (s *silent) come() (err error) {
	s.leave()
	s.before = s.a.server.RSS()
	s.came += stuckCount
	s.sockets, err = load.Gather(load.Crowd{
		Addr: s.a.server.Addr, App: target.One, Size: stuckCount, Narrow: true,
		Channels: func(int) []string { return []string{stuckRoom, fillRoom} },
	})
	if err != nil {
		return err
	}
	p := load.NewPublisher(s.a.server.Addr, target.One, false)
	defer p.Close()
	for range 5000 {
		if status, err := p.Large(time.Now(), fillSize, fillRoom); err != nil || status != http.StatusOK {
			return fmt.Errorf("fill the buffers of silent clients: answer %d, %w", status, err)
		}
		parked, err := s.a.server.Metric(target.MetricPrefix + "parked_bytes")
		if err != nil || parked > 0 {
			return err
		}
	}
	return errors.New("the buffers of clients that do not read are never full")
}

// leave closes the sockets.
func (s *silent) leave() {
	load.Disperse(s.sockets)
	s.sockets = nil
}

// closed is how many clients the server has closed because they did not read.
func (s *silent) closed() float64 {
	n, _ := s.a.server.Metric(target.MetricPrefix + "slow_consumers_closed_total")
	return n
}
