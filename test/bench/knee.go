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
}

// press puts a load on the server and waits until what was accepted is delivered.
func (a *audience) press(p pace, channel string) (outcome, error) {
	var o outcome
	a.sink.Late.Reset()
	before := a.sink.Bytes()
	goodput := make(chan float64, 1)
	go func() { goodput <- a.goodput(p.length) }()
	tally, err := a.fleet.Run(p.rate, p.length, func(pub *load.Publisher, due time.Time) (int, error) {
		return p.send(pub, due, []string{channel})
	})
	o.Tally, o.goodput = tally, <-goodput
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
	const first, steep, steps = 100, 1.6, 4
	good, bad := 0.0, 0.0
	for rate := float64(first); good == 0 || bad == 0; {
		ok, err := a.bears(rate, length)
		switch {
		case err != nil:
			return 0, err
		case ok:
			good, rate = rate, rate*steep
		case rate < 1:
			return 0, fmt.Errorf("the 99th percentile exceeds %v even if calm", kneeLatency)
		default:
			bad, rate = rate, rate/steep
		}
	}
	for range steps {
		middle := (good + bad) / 2
		ok, err := a.bears(middle, length)
		if err != nil {
			return 0, err
		}
		if ok {
			good = middle
		} else {
			bad = middle
		}
	}
	return good, nil
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
	clients := selfCPU()
	begin := time.Now()
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
		fmt.Sprintf("%s publishes/s; clients used %.2f of their processor", number(knee), (selfCPU()-clients).Seconds()/time.Since(begin).Seconds()))
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
