//go:build linux

package main

import (
	"fmt"
	"time"

	"github.com/jackfield/jackfield/sdk/testserver"
	"github.com/jackfield/jackfield/test/bench/load"
	"github.com/jackfield/jackfield/test/bench/stat"
)

// outageRate is how many messages a second are published through an outage.
const outageRate = 20

// outage measures what the clients of a node notice when the Redis behind its
// cache, queue, limits and adapter stands still: how late messages come, and how
// long publishers wait for their answers.
func (s *suite) outage() error {
	redis := testserver.StartRedis(testserver.Package)
	a, err := s.audience(crowd{size: 1000, channels: inRoom, publishers: 4, timed: true, redis: redis.Addr})
	if err != nil {
		return err
	}
	defer a.close()
	length := 75 * s.slice // half a minute
	before, err := a.through(length)
	if err != nil {
		return err
	}
	redis.Pause()
	during, err := a.through(length)
	redis.Resume()
	if err != nil {
		return err
	}
	s.add("p99 of local delivery before an outage of Redis", "ms", stat.Of(micros(before.late)/1000), nil, "1 000 subscribers, 20 messages/s")
	s.add(fmt.Sprintf("  while Redis stands still for %v / before", length), "x", stat.Of(float64(during.late)/float64(before.late)), stat.AtMost(2), "")
	s.add("  slowest publish meanwhile", "ms", stat.Of(micros(during.answer)/1000), stat.AtMost(1000), "none refused, nobody closed, none lost")
	return nil
}

// passage is how messages fared.
type passage struct {
	late   time.Duration // 99th percentile
	answer time.Duration // slowest answer to a publisher
}

// through publishes for a while; everybody must get everything.
func (a *audience) through(length time.Duration) (passage, error) {
	a.sink.Late.Reset()
	wanted := a.sink.Bytes()
	slowest := make(chan time.Duration, 1)
	slowest <- 0
	t, err := a.fleet.Run(outageRate, length, func(p *load.Publisher, due time.Time) (int, error) {
		began := time.Now()
		status, err := p.Event(due, room)
		slowest <- max(<-slowest, time.Since(began))
		return status, err
	})
	if err != nil {
		return passage{}, err
	}
	wanted += t.Accepted * int64(a.size*load.FrameSize(room))
	if t.Refused+t.Unsent > 0 || a.sink.Ended() > 0 || !a.sink.Await(wanted, patience) {
		return passage{}, fmt.Errorf("%d refused, %d not sent, %d closed, %d bytes lost", t.Refused, t.Unsent, a.sink.Ended(), wanted-a.sink.Bytes())
	}
	return passage{a.sink.Late.Quantile(0.99), <-slowest}, nil
}
