//go:build linux

package main

import (
	"fmt"
	"time"

	"github.com/jackfield/jackfield/test/bench/load"
	"github.com/jackfield/jackfield/test/bench/stat"
	"github.com/jackfield/jackfield/test/bench/target"
)

// neighbour is a small app on the server of a large one: ten subscribers, ten
// messages a second.
type neighbour struct {
	sink  *load.Sink
	fleet *load.Fleet
}

const (
	neighbourSize = 10
	neighbourRate = 10
)

// neighbourOf lets the neighbour in.
func neighbourOf(a *audience) (*neighbour, error) {
	sockets, err := load.Gather(load.Crowd{Addr: a.server.Addr, App: target.Two, Size: neighbourSize, Channels: inRoom})
	if err != nil {
		return nil, err
	}
	sink, err := load.NewSink(true, sockets...)
	if err != nil {
		return nil, err
	}
	return &neighbour{sink: sink, fleet: load.NewFleet(2, a.server.Addr, target.Two, false)}, nil
}

func (n *neighbour) close() {
	n.fleet.Close()
	n.sink.Close()
}

// live publishes for a while and returns the 99th percentile of the time from
// sent to received; nothing may be lost. What the client's own processor is late
// with does not count.
func (n *neighbour) live(length time.Duration) (time.Duration, error) {
	n.sink.Late.Reset()
	before := n.sink.Bytes()
	t, err := n.fleet.Run(neighbourRate, length, func(p *load.Publisher, _ time.Time) (int, error) { return p.Event(time.Now(), room) })
	if err != nil {
		return 0, err
	}
	wanted := before + t.Accepted*int64(neighbourSize*load.FrameSize(room))
	if t.Refused+t.Unsent > 0 || !n.sink.Await(wanted, patience) {
		return 0, fmt.Errorf("neighbour: %d messages refused, %d not sent, %d bytes lost", t.Refused, t.Unsent, wanted-n.sink.Bytes())
	}
	return n.sink.Late.Quantile(0.99), nil
}

// tenants measures what an app with many subscribers, at twice its knee, does to
// its neighbour.
func (s *suite) tenants() error {
	a, err := s.audience(crowd{size: s.most, channels: inRoom, publishers: 64, timed: true})
	if err != nil {
		return err
	}
	defer a.close()
	rate, err := s.twiceTheKnee()
	if err != nil {
		return err
	}
	n, err := neighbourOf(a)
	if err != nil {
		return err
	}
	defer n.close()
	length := 2 * s.slice
	m, err := interleave(s.rounds,
		func() (time.Duration, error) { return n.live(length) },
		func() (time.Duration, error) { return n.beside(a, rate, length) })
	if err != nil {
		return err
	}
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	alone, beside := column(m[0], ms), column(m[1], ms)
	s.add("p99 of a small app alone", "ms", stat.Of(alone...), nil, "10 subscribers, 10 messages/s")
	s.add("  beside one with "+thousands(int64(s.most))+" subscribers at twice the knee", "ms", stat.Of(beside...), nil,
		fmt.Sprintf("which is %s publishes/s", number(rate)))
	s.add("  beside / alone", "x", stat.Of(stat.Ratios(beside, alone)...), stat.AtMost(3), "")
	return nil
}

// twiceTheKnee is how many publishes to the large app make twice the deliveries of
// the knee, which is found with fewer subscribers: with ten thousand, one message
// alone may take as long as is allowed at the knee.
func (s *suite) twiceTheKnee() (float64, error) {
	const subscribers = 1000
	if s.deliveries == 0 {
		a, err := s.audience(crowd{size: subscribers, channels: inRoom, publishers: 64, timed: true})
		if err != nil {
			return 0, err
		}
		defer a.close()
		knee, err := a.knee(2 * s.slice)
		if err != nil {
			return 0, err
		}
		s.deliveries = knee * subscribers
	}
	return 2 * s.deliveries / float64(s.most), nil
}

// beside is live while the large app is overloaded, which begins before and ends
// after.
func (n *neighbour) beside(a *audience, rate float64, length time.Duration) (time.Duration, error) {
	const margin = 200 * time.Millisecond
	pressed := make(chan error, 1)
	go func() {
		_, err := a.press(pace{rate, 1, length + 2*margin}, room)
		pressed <- err
	}()
	time.Sleep(margin)
	p99, err := n.live(length)
	if pressing := <-pressed; err == nil {
		err = pressing
	}
	return p99, err
}
