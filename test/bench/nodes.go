//go:build linux

package main

import (
	"fmt"
	"time"

	"github.com/jackfield/jackfield/sdk/testserver"
	"github.com/jackfield/jackfield/test/bench/load"
	"github.com/jackfield/jackfield/test/bench/stat"
	"github.com/jackfield/jackfield/test/bench/target"
)

// cluster is some servers that one Redis joins, each with a few clients and
// publishers.
type cluster struct {
	servers []*target.Server
	sinks   []*load.Sink
	fleets  []*load.Fleet
}

const (
	nodeClients    = 10
	nodePublishers = 16
)

func (s *suite) cluster(nodes int) (*cluster, error) {
	redis := testserver.StartRedis(testserver.Package)
	c := &cluster{}
	for range nodes {
		if err := c.add(s.bench, redis.Addr); err != nil {
			c.close()
			return nil, err
		}
	}
	return c, nil
}

func (c *cluster) add(b *target.Bench, redis string) error {
	server, err := b.StartServer(target.Options{Redis: redis})
	if err != nil {
		return err
	}
	c.servers = append(c.servers, server)
	c.fleets = append(c.fleets, load.NewFleet(nodePublishers, server.Addr, target.One, false))
	sockets, err := load.Gather(load.Crowd{Addr: server.Addr, App: target.One, Size: nodeClients, Channels: inRoom})
	if err != nil {
		return err
	}
	sink, err := load.NewSink(true, sockets...)
	if err == nil {
		c.sinks = append(c.sinks, sink)
	}
	return err
}

func (c *cluster) close() {
	for _, f := range c.fleets {
		f.Close()
	}
	for _, s := range c.sinks {
		s.Close()
	}
	for _, s := range c.servers {
		s.Stop()
	}
}

// cpu is what all servers with their plugins have used.
func (c *cluster) cpu() (total time.Duration) {
	for _, s := range c.servers {
		total += s.CPU() + s.ChildrenCPU()
	}
	return total
}

// travel publishes on a node for a while and returns how late the clients of
// another, or the same, got the messages; all clients of all nodes must get all.
func (c *cluster) travel(from, to int, p pace) (way, error) {
	wanted := make([]int64, len(c.sinks))
	for i, sink := range c.sinks {
		wanted[i] = sink.Bytes()
		sink.Late.Reset()
	}
	cpu := c.cpu()
	t, err := c.fleets[from].Run(p.rate, p.length, func(pub *load.Publisher, due time.Time) (int, error) {
		return p.send(pub, due, inRoom(0))
	})
	if err != nil {
		return way{}, err
	}
	messages := t.Accepted * int64(p.burst)
	for i, sink := range c.sinks {
		wanted[i] += messages * int64(nodeClients*load.FrameSize(room))
		if !sink.Await(wanted[i], patience) {
			return way{}, fmt.Errorf("node %d: %d bytes of %d messages from node %d were lost", i, wanted[i]-sink.Bytes(), messages, from)
		}
	}
	late := &c.sinks[to].Late
	return way{late.Quantile(0.5), late.Quantile(0.99), float64(messages) / t.Took.Seconds(), c.cpu() - cpu, messages}, nil
}

// way is how messages came from one node to another.
type way struct {
	p50, p99 time.Duration
	rate     float64
	cpu      time.Duration // of all nodes
	messages int64
}

func micros(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 }

// nodes measures the way of a message from one node to another against that to a
// client of the same node, how many go between two, and what a node costs as
// there are more.
func (s *suite) nodes() error {
	if err := s.betweenTwo(); err != nil {
		return err
	}
	for _, n := range []int{2, 3, 5} {
		if err := s.growing(n); err != nil {
			return err
		}
	}
	return nil
}

const calmRate = 100 // messages a second that hold nobody up

func (s *suite) betweenTwo() error {
	c, err := s.cluster(2)
	if err != nil {
		return err
	}
	defer c.close()
	calm := pace{calmRate, 1, s.slice}
	m, err := interleave(s.rounds,
		func() (way, error) { return c.travel(0, 1, calm) },
		func() (way, error) { return c.travel(1, 1, calm) })
	if err != nil {
		return err
	}
	median := func(w way) float64 { return micros(w.p50) }
	last := func(w way) float64 { return micros(w.p99) }
	s.add("publish to delivery over the bus, median", "us", stat.Of(column(m[0], median)...), nil, "p99 "+number(stat.Of(column(m[0], last)...).Median))
	s.add("  on the same node", "us", stat.Of(column(m[1], median)...), nil, "p99 "+number(stat.Of(column(m[1], last)...).Median))
	s.add("  over the bus / on the same node", "x", stat.Of(stat.Ratios(column(m[0], median), column(m[1], median))...), nil, "")
	flood := pace{0, 10, s.slice}
	f, err := interleave(max(s.rounds/3, 3), func() (way, error) { return c.travel(0, 1, flood) })
	if err != nil {
		return err
	}
	rates := column(f[0], func(w way) float64 { return w.rate })
	s.add("messages between two nodes, as fast as can be published", "/s", stat.Of(rates...), nil, "none lost; both nodes on one processor")
	return nil
}

// growing measures what a message costs each of n nodes that all have clients for it.
func (s *suite) growing(n int) error {
	c, err := s.cluster(n)
	if err != nil {
		return err
	}
	defer c.close()
	m, err := interleave(max(s.rounds/3, 3), func() (way, error) { return c.travel(0, n-1, pace{calmRate, 1, s.slice}) })
	if err != nil {
		return err
	}
	per := column(m[0], func(w way) float64 { return micros(w.cpu) / float64(w.messages) / float64(n) })
	s.add(fmt.Sprintf("CPU per message and node, %d nodes", n), "us", stat.Of(per...), nil, fmt.Sprintf("%d clients on each", nodeClients))
	return nil
}
