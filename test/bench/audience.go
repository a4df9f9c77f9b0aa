//go:build linux

package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/jackfield/jackfield/test/bench/load"
	"github.com/jackfield/jackfield/test/bench/target"
)

const room = "bench" // gives frames of 150 bytes

// patience is how long the last message may take.
const patience = 10 * time.Second

// crowd is an audience to be.
type crowd struct {
	size       int
	channels   func(i int) []string
	publishers int
	tls, timed bool
	parked     int    // messages that may wait for one of them; 0: the default
	redis      string // the server uses this Redis for all it can; empty: none
}

// audience is a server with clients and with publishers.
type audience struct {
	crowd
	server  *target.Server
	readers reader
	sink    *load.Sink // the readers, unless they use TLS
	fleet   *load.Fleet
}

// reader reads what clients get.
type reader interface {
	Bytes() int64
	Await(bytes int64, patience time.Duration) bool
	Close()
}

// audience starts a server and lets a crowd in.
func (s *suite) audience(c crowd) (*audience, error) {
	server, err := s.bench.StartServer(target.Options{TLS: c.tls, Parked: c.parked, Redis: c.redis})
	if err != nil {
		return nil, err
	}
	a := &audience{crowd: c, server: server, fleet: load.NewFleet(max(1, c.publishers), server.Addr, target.One, c.tls)}
	if err := a.admit(); err != nil {
		a.close()
		return nil, err
	}
	return a, nil
}

func (a *audience) admit() error {
	sockets, err := load.Gather(load.Crowd{
		Addr: a.server.Addr, App: target.One, Secure: a.tls, Size: a.size, Channels: a.channels,
	})
	if err != nil {
		return err
	}
	if a.tls {
		a.readers = load.NewReaders(sockets...)
		return nil
	}
	a.sink, err = load.NewSink(a.timed, sockets...)
	a.readers = a.sink
	return err
}

// inRoom is for clients that all have one channel.
func inRoom(int) []string { return []string{room} }

func (a *audience) close() {
	a.fleet.Close()
	if a.readers != nil {
		a.readers.Close()
	}
	a.server.Stop()
}

// cost is what a delivery takes.
type cost struct {
	cpu    float64 // microseconds
	writes float64 // calls of write(2) and its kin
}

func cpuOf(c cost) float64    { return c.cpu }
func writesOf(c cost) float64 { return c.writes }

// pace is a steady load: so many requests in a second, for a while, each with
// burst messages to a channel.
type pace struct {
	rate   float64
	burst  int
	length time.Duration
}

// requests is how many there are in all.
func (p pace) requests() int { return int(p.length.Seconds()*p.rate + 0.5) }

func (p pace) send(pub *load.Publisher, due time.Time, channels []string) (int, error) {
	if p.burst == 1 {
		return pub.Event(due, channels...)
	}
	return pub.Batch(due, channels[0], p.burst)
}

// spend measures what the server spends on a load from the first request until
// the last delivery. A request is sent when it is due and all before it were
// delivered: a machine that is busy with other things stretches the load, but
// makes the server join nothing. Each message goes to so many clients; requests
// name the sets of channels in turn.
func (a *audience) spend(p pace, deliveries int, channels ...[]string) (spent, error) {
	due := a.readers.Bytes()
	cpu, writes := a.server.CPU(), a.server.Writes()
	requests := 0
	tally, err := a.fleet.Run(p.rate, p.length, func(pub *load.Publisher, at time.Time) (int, error) {
		if err := a.delivered(due); err != nil {
			return 0, err
		}
		to := channels[requests%len(channels)]
		requests++
		due += int64(p.burst * deliveries * load.FrameSize(to[0]))
		return p.send(pub, at, to)
	})
	if err == nil {
		err = a.delivered(due)
	}
	if tally.Refused > 0 {
		err = errors.Join(err, fmt.Errorf("%d requests were refused", tally.Refused))
	}
	return spent{cpu: a.server.CPU() - cpu, writes: a.server.Writes() - writes, requests: tally.Accepted}, err
}

// delivered waits until so many bytes were read in all, and not one more.
func (a *audience) delivered(bytes int64) error {
	if !a.readers.Await(bytes, patience) {
		return fmt.Errorf("messages were lost: %d bytes are missing of what %d clients should have got", bytes-a.readers.Bytes(), a.size)
	}
	if more := a.readers.Bytes() - bytes; more > 0 {
		return fmt.Errorf("messages came twice: %d clients got %d bytes more than was published", a.size, more)
	}
	return nil
}

// spent is what a server spent on a load.
type spent struct {
	cpu      time.Duration
	writes   int64
	requests int64
}

// per is the cost of one of n parts of each request.
func (s spent) per(n int) cost {
	parts := float64(s.requests) * float64(n)
	return cost{cpu: float64(s.cpu.Nanoseconds()) / 1000 / parts, writes: float64(s.writes) / parts}
}

// perDelivery measures the cost of a delivery under a load.
func (a *audience) perDelivery(p pace) trial[cost] {
	return func() (cost, error) {
		s, err := a.spend(p, a.size, []string{room})
		return s.per(p.burst * a.size), err
	}
}

// perRequest measures the cost of a request whose messages nobody gets.
func (a *audience) perRequest(p pace, channels []string) trial[cost] {
	return func() (cost, error) {
		s, err := a.spend(p, 0, channels)
		return s.per(1), err
	}
}

// perWrite measures the same for a floor with as many connections.
func perWrite(f *target.Floor, p pace) trial[cost] {
	work := target.Work{Rate: p.rate, Burst: p.burst, Bursts: p.requests(), Size: load.FrameSize(room)}
	return func() (cost, error) {
		d, err := f.Do(work)
		return cost{cpu: float64(d.CPU.Nanoseconds()) / 1000 / float64(d.Writes), writes: 1}, err
	}
}
