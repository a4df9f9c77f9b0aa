//go:build linux

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/testserver"
	"github.com/jackfield/jackfield/sdk/wire"
	"github.com/jackfield/jackfield/test/bench/stat"
	"github.com/jackfield/jackfield/test/bench/target"
)

// redisCache compares reads from Redis through the plugin with those of a
// program that has a client of its own, one command at a time and in pipelines.
// This program takes the place of the server.
func (s *suite) redisCache() (err error) {
	host := &borrower{}
	defer host.end(&err)
	server := testserver.StartRedis(host)
	options, err := json.Marshal(map[string]any{"prefix": "bench:", "connection": map[string]any{"addresses": []string{server.Addr}}})
	if err != nil {
		return err
	}
	p, err := s.bench.StartPlugin("redis", options)
	if err != nil {
		return err
	}
	defer p.Stop()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // as a server has on one processor
	for _, callers := range []int{1, 16, 256} {
		if err := s.compareRedis(p, server.Addr, callers); err != nil {
			return err
		}
	}
	return nil
}

func (s *suite) compareRedis(p *target.Plugin, address string, callers int) error {
	cache := p.Cache(wire.Pipe)
	defer cache.Close()
	client := redis.NewClient(&redis.Options{Addr: address, PoolSize: callers, Protocol: 2})
	defer client.Close()
	pipelines, err := client.AutoPipeline()
	if err != nil {
		return err
	}
	m, err := interleave(s.rounds,
		func() (done, error) { return reads(bothSides(p), cache, callers, s.slice/3) },
		func() (done, error) { return reads(selfCPU, direct{client}, callers, s.slice/3) },
		func() (done, error) { return reads(selfCPU, direct{pipelines}, callers, s.slice/3) })
	if err != nil {
		return err
	}
	for i, name := range []string{"plugin", "direct, one by one", "direct, in pipelines"} {
		s.add(fmt.Sprintf("redis cache, %d callers, %s", callers, name), "op/s", stat.Of(column(m[i], rateOf)...), nil,
			number(stat.Of(column(m[i], cpuPerOp)...).Median)+" us CPU per op")
	}
	var bar *stat.Gate
	if callers == 256 {
		bar = stat.AtLeast(3)
	}
	plugin := column(m[0], rateOf)
	s.add("  plugin / one by one", "x", stat.Of(stat.Ratios(plugin, column(m[1], rateOf))...), bar, "")
	s.add("  plugin / in pipelines", "x", stat.Of(stat.Ratios(plugin, column(m[2], rateOf))...), nil, "")
	return nil
}

// direct is a cache without plugin.
type direct struct{ redis.Cmdable }

func (d direct) Get(ctx context.Context, key string) ([]byte, error) {
	return d.Cmdable.Get(ctx, key).Bytes()
}

func (d direct) Set(ctx context.Context, key string, value []byte, _ contract.SetOptions) (bool, error) {
	return true, d.Cmdable.Set(ctx, key, value, time.Hour).Err()
}

func (d direct) Delete(ctx context.Context, key string) (bool, error) {
	n, err := d.Del(ctx, key).Result()
	return n > 0, err
}

// borrower is the testserver.TB of a figure.
type borrower struct{ cleanups []func() }

// failure is what Fatalf panics with.
type failure string

// Helper implements testserver.TB.
func (b *borrower) Helper() {}

// Cleanup has f called at the end, after those that were added later.
func (b *borrower) Cleanup(f func()) { b.cleanups = append(b.cleanups, f) }

// Logf says nothing: the report is the output.
func (b *borrower) Logf(string, ...any) {}

// Fatalf ends the figure.
func (b *borrower) Fatalf(format string, args ...any) { panic(failure(fmt.Sprintf(format, args...))) }

// end tidies up, and turns what Fatalf said into an error.
func (b *borrower) end(err *error) {
	said := recover()
	for i := len(b.cleanups) - 1; i >= 0; i-- {
		b.cleanups[i]()
	}
	if f, ok := said.(failure); ok {
		*err = fmt.Errorf("%s", string(f))
	} else if said != nil {
		panic(said)
	}
}
