//go:build linux

package main

import (
	"fmt"
	"time"

	"github.com/jackfield/jackfield/test/bench/load"
	"github.com/jackfield/jackfield/test/bench/stat"
	"github.com/jackfield/jackfield/test/bench/target"
)

// done is how much of something was done, how long it took, and what it cost.
type done struct {
	ops  int64
	took time.Duration
	cpu  time.Duration
}

func rateOf(d done) float64   { return float64(d.ops) / d.took.Seconds() }
func cpuPerOp(d done) float64 { return float64(d.cpu.Nanoseconds()) / 1000 / float64(d.ops) }

// rates measures how fast a server takes connections, subscriptions and
// publishes that reach nobody.
func (s *suite) rates() error {
	a, err := s.audience(crowd{size: 0, channels: inRoom, publishers: 16})
	if err != nil {
		return err
	}
	defer a.close()
	talkers, err := load.Gather(load.Crowd{Addr: a.server.Addr, App: target.One, Size: 128, Channels: inPrivate})
	if err != nil {
		return err
	}
	defer load.Disperse(talkers)
	rounds := max(s.rounds/2, 3)
	for _, r := range []struct {
		what  string
		trial trial[done]
	}{
		{"connect + subscribe", a.connects},
		{"private unsubscribe + subscribe, 128 connections", a.subscribes(talkers, s.slice)},
		{"publishes without subscribers, 16 connections", a.publishes(s.slice)},
	} {
		m, err := interleave(rounds, r.trial)
		if err != nil {
			return fmt.Errorf("%s: %w", r.what, err)
		}
		s.add(r.what, "/s", stat.Of(column(m[0], rateOf)...), nil, "")
		s.add("  server CPU per op", "us", stat.Of(column(m[0], cpuPerOp)...), nil, "")
	}
	return nil
}

// measured tells what the server did while f did so many operations.
func measured(server *target.Server, f func() (ops int64, err error)) (done, error) {
	cpu, begin := server.CPU(), time.Now()
	ops, err := f()
	return done{ops: ops, took: time.Since(begin), cpu: server.CPU() - cpu}, err
}

// connects lets a thousand clients in, and out again.
func (a *audience) connects() (done, error) {
	const clients = 1000
	var sockets []*load.Socket
	d, err := measured(a.server, func() (_ int64, err error) {
		sockets, err = load.Gather(load.Crowd{Addr: a.server.Addr, App: target.One, Size: clients, Channels: inRoom})
		return clients, err
	})
	load.Disperse(sockets)
	settle(a.server)
	return d, err
}

// settle waits until a server has nothing more to do.
func settle(server *target.Server) {
	const calm, short = time.Millisecond, 20 * time.Millisecond
	for was := server.CPU(); ; {
		time.Sleep(short)
		is := server.CPU()
		if is-was < calm {
			return
		}
		was = is
	}
}

func inPrivate(int) []string { return []string{"private-bench"} }

// subscribes has clients leave their private channel and come back, over and over.
func (a *audience) subscribes(talkers []*load.Socket, length time.Duration) trial[done] {
	return func() (done, error) {
		return measured(a.server, func() (int64, error) { return load.Resubscribe(talkers, target.One, inPrivate(0)[0], length) })
	}
}

// publishes sends messages that nobody gets, one after the other on each connection.
func (a *audience) publishes(length time.Duration) trial[done] {
	return func() (done, error) {
		return measured(a.server, func() (int64, error) {
			t, err := a.fleet.Run(0, length, toNobody)
			return t.Accepted, err
		})
	}
}

func toNobody(p *load.Publisher, due time.Time) (int, error) { return p.Event(due, nobody) }
