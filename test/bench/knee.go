//go:build linux

package main

import (
	"fmt"
	"time"

	"github.com/jackfield/jackfield/test/bench/load"
	"github.com/jackfield/jackfield/test/bench/stat"
	"github.com/jackfield/jackfield/test/bench/target"
)

// kneeLatency is what the 99th percentile must not exceed at the knee.
const kneeLatency = 50 * time.Millisecond

// outcome is what became of a load in the open: requests are sent when they are
// due, come what may.
type outcome struct {
	load.Tally
	p99 time.Duration
	// goodput is deliveries per second, the beginning left aside.
	goodput float64
	// client is the share of their processor that the clients used: near 1 it is
	// they who are measured.
	client float64
}

// press puts a load on the server and waits until what was accepted is delivered.
func (a *audience) press(p pace, channel string) (outcome, error) {
	var o outcome
	a.sink.Late.Reset()
	before, cpu := a.sink.Bytes(), selfCPU()
	goodput := make(chan float64, 1)
	go func() { goodput <- a.goodput(p.length) }()
	tally, err := a.fleet.Run(p.rate, p.length, func(pub *load.Publisher, due time.Time) (int, error) {
		return p.send(pub, due, []string{channel})
	})
	o.Tally, o.goodput = tally, <-goodput
	o.client = (selfCPU() - cpu).Seconds() / tally.Took.Seconds()
	if err != nil {
		return o, err
	}
	if err := a.delivered(before + tally.Accepted*int64(p.burst*a.size*load.FrameSize(channel))); err != nil {
		return o, err
	}
	o.p99 = a.sink.Late.Quantile(0.99)
	return o, nil
}

// goodput counts the deliveries of a time to come, but for its first quarter.
func (a *audience) goodput(length time.Duration) float64 {
	time.Sleep(length / 4)
	begin, before := time.Now(), a.sink.Bytes()
	time.Sleep(length * 3 / 4)
	return float64(a.sink.Bytes()-before) / float64(load.FrameSize(room)) / time.Since(begin).Seconds()
}

// bears reports whether the server keeps up with a load. It gets further chances:
// the machine may have been busy with other things.
func (a *audience) bears(rate float64, length time.Duration) (bool, error) {
	const chances = 3
	for range chances {
		o, err := a.press(pace{rate, 1, length}, room)
		if err != nil || o.p99 <= kneeLatency && o.Refused+o.Unsent == 0 {
			return err == nil, err
		}
	}
	return false, nil
}

// knee is the highest rate of publishes with which the server keeps up, to within
// a few percent.
func (a *audience) knee(length time.Duration) (float64, error) {
	const steps = 4
	good, bad, err := a.ramp(length)
	for range steps {
		if err != nil {
			return 0, err
		}
		var ok bool
		middle := (good + bad) / 2
		if ok, err = a.bears(middle, length); ok {
			good = middle
		} else {
			bad = middle
		}
	}
	return good, err
}

// ramp returns a rate that the server bears and the next higher one that it does
// not. Only three in a row that are too much end the ramp: a server that joins
// messages may bear more when it has more to join.
func (a *audience) ramp(length time.Duration) (good, bad float64, err error) {
	const first, steep, enough = 100, 1.6, 3
	failed := 0
	for rate := float64(first); failed < enough; rate *= steep {
		ok, err := a.bears(rate, length)
		switch {
		case err != nil:
			return 0, 0, err
		case ok:
			good, bad, failed = rate, rate*steep, 0
		default:
			failed++
		}
	}
	for rate := float64(first); good == 0 && rate >= 1; rate /= steep {
		ok, err := a.bears(rate/steep, length)
		switch {
		case err != nil:
			return 0, 0, err
		case ok:
			good, bad = rate/steep, rate
		}
	}
	if good == 0 {
		return 0, 0, fmt.Errorf("the 99th percentile exceeds %v even if calm", kneeLatency)
	}
	return good, bad, nil
}

// saturation finds the knee of single messages to 1 000 subscribers and measures
// at and beyond it.
func (s *suite) saturation() error {
	const subscribers = 1000
	a, err := s.audience(crowd{size: subscribers, channels: inRoom, publishers: 64, timed: true})
	if err != nil {
		return err
	}
	defer a.close()
	knee, err := a.knee(2 * s.slice)
	if err != nil {
		return err
	}
	s.deliveries = knee * subscribers
	floor, err := s.closedFloor(subscribers)
	if err != nil {
		return err
	}
	s.add("deliveries/s at the knee, 1 000 subscribers, p99 <= 50 ms", "/s", stat.Of(s.deliveries), nil,
		number(knee)+" publishes/s")
	s.add("deliveries/s of the floor, as fast as it can", "/s", floor, nil, "")
	if err := s.halfOfKnee(a, knee); err != nil {
		return err
	}
	return s.overload(a, knee)
}

// closedFloor is how many frames per second a floor writes without pauses.
func (s *suite) closedFloor(conns int) (stat.Spread, error) {
	floor, err := s.bench.StartFloor(conns)
	if err != nil {
		return stat.Spread{}, err
	}
	defer floor.Stop()
	m, err := interleave(s.rounds, func() (float64, error) {
		d, err := floor.Do(target.Work{Burst: 1, Bursts: 50, Size: load.FrameSize(room)})
		return float64(d.Writes) / d.Wall.Seconds(), err
	})
	if err != nil {
		return stat.Spread{}, err
	}
	return stat.Of(m[0]...), nil
}

func (s *suite) halfOfKnee(a *audience, knee float64) error {
	m, err := interleave(s.rounds/3, func() (float64, error) {
		o, err := a.press(pace{knee / 2, 1, 2 * s.slice}, room)
		return float64(o.p99.Microseconds()) / 1000, err
	})
	if err != nil {
		return err
	}
	s.add("p99 at half of the knee, from due to received", "ms", stat.Of(m[0]...), nil, "")
	return nil
}
