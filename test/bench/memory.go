//go:build linux

package main

import (
	"fmt"
	"time"

	"github.com/jackfield/jackfield/test/bench/load"
	"github.com/jackfield/jackfield/test/bench/stat"
	"github.com/jackfield/jackfield/test/bench/target"
)

// memory measures what an idle connection with one channel occupies.
func (s *suite) memory() error {
	if err := s.idle("plain", s.most, false, stat.AtMost(5.5)); err != nil {
		return err
	}
	return s.idle("TLS", s.most/2, true, stat.AtMost(16))
}

// idle lets n clients connect and subscribe, and compares the server with what it
// was at its start.
func (s *suite) idle(how string, n int, secure bool, bar *stat.Gate) error {
	server, err := s.bench.StartServer(target.Options{TLS: secure})
	if err != nil {
		return err
	}
	defer server.Stop()
	before, err := look(server)
	if err != nil {
		return err
	}
	sockets, err := load.Gather(load.Crowd{Addr: server.Addr, App: target.One, Secure: secure, Size: n, Channels: inRoom})
	if err != nil {
		return err
	}
	defer load.Disperse(sockets)
	rested(server)
	after, err := look(server)
	if err != nil {
		return err
	}
	kilobytes := func(was, is float64) stat.Spread { return stat.Of((is - was) / 1024 / float64(n)) }
	what := fmt.Sprintf("%s connections, %s", thousands(int64(n)), how)
	s.add("RSS growth per idle connection, "+what, "KB", kilobytes(before.rss, after.rss), bar,
		fmt.Sprintf("%.1f MB at the start; live heap %.2f KB", before.rss/(1<<20), kilobytes(before.heap, after.heap).Median))
	s.add("stack per connection, "+what, "KB", kilobytes(before.stack, after.stack), stat.AtMost(2.5), "")
	return nil
}

// footprint is the memory of a server in bytes.
type footprint struct {
	rss, stack, heap float64
}

func look(server *target.Server) (f footprint, err error) {
	if f.stack, err = server.Metric("go_memstats_stack_inuse_bytes"); err != nil {
		return f, err
	}
	if f.heap, err = server.Metric("go_memstats_heap_inuse_bytes"); err != nil {
		return f, err
	}
	f.rss = float64(server.RSS())
	return f, nil
}

// rested waits until the memory of a server that is left alone has not become
// less for a while: what handshakes leave behind is given back when they are over.
func rested(server *target.Server) {
	const look, calm, patience = 100 * time.Millisecond, 3 * time.Second, 15 * time.Second
	least, since, begin := server.RSS(), time.Now(), time.Now()
	for time.Since(since) < calm && time.Since(begin) < patience {
		time.Sleep(look)
		if rss := server.RSS(); rss < least-least/100 {
			least, since = rss, time.Now()
		}
	}
}
