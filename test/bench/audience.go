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

// audience is a server with subscribers and somebody who publishes to them.
type audience struct {
	server *target.Server
	sink   *load.Sink
	fleet  *load.Fleet
	// perMessage is how often a message of burst is delivered.
	perMessage int
}

// audience starts a server and lets n subscribers of one channel in.
func (s *suite) audience(n int) (*audience, error) {
	return s.audienceOf(n, n, func(int) []string { return []string{room} })
}

// audienceOf lets n clients with these channels in; a message goes to perMessage of them.
func (s *suite) audienceOf(n, perMessage int, channels func(i int) []string) (*audience, error) {
	server, err := s.bench.StartServer(target.Options{})
	if err != nil {
		return nil, err
	}
	a := &audience{server: server, perMessage: perMessage, fleet: load.NewFleet(1, server.Addr, target.One, false)}
	sockets, err := load.Gather(load.Crowd{Addr: server.Addr, App: target.One, Size: n, Channels: channels})
	if err == nil {
		a.sink, err = load.NewSink(sockets...)
	}
	if err != nil {
		a.close()
		return nil, err
	}
	return a, nil
}

func (a *audience) close() {
	a.fleet.Close()
	if a.sink != nil {
		a.sink.Close()
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
	rate   int
	burst  int
	length time.Duration
}

// requests is how many there are in all.
func (p pace) requests() int { return int(p.length.Seconds()*float64(p.rate) + 0.5) }

func (p pace) send(channels ...string) load.Send {
	return func(pub *load.Publisher, due time.Time) (int, error) {
		if p.burst == 1 {
			return pub.Event(due, channels...)
		}
		return pub.Batch(due, channels[0], p.burst)
	}
}

// spend measures what the server spends on a load from the first request until
// the last delivery. A request is sent when it is due and all before it were
// delivered: a machine that is busy with other things stretches the load, but
// makes the server join nothing.
func (a *audience) spend(p pace, channels ...string) (spent, error) {
	due := a.sink.Bytes()
	cpu, writes := a.server.CPU(), a.server.Writes()
	send := p.send(channels...)
	tally, err := a.fleet.Run(float64(p.rate), p.length, func(pub *load.Publisher, at time.Time) (int, error) {
		if err := a.delivered(due); err != nil {
			return 0, err
		}
		due += int64(p.burst * a.perMessage * load.FrameSize(channels[0]))
		return send(pub, at)
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
	if !a.sink.Await(bytes, patience) {
		return fmt.Errorf("messages were lost: %d bytes are missing", bytes-a.sink.Bytes())
	}
	if more := a.sink.Bytes() - bytes; more > 0 {
		return fmt.Errorf("%d bytes more were read than published", more)
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
		s, err := a.spend(p, room)
		return s.per(p.burst * a.perMessage), err
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
