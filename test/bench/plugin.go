//go:build linux

package main

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/wire"
	"github.com/jackfield/jackfield/test/bench/stat"
	"github.com/jackfield/jackfield/test/bench/target"
)

// modes are the ways in which operations travel, the slow one first.
var modes = []struct {
	name string
	mode wire.Mode
}{{"unary", wire.Unary}, {"batch", wire.Batch}, {"pipe", wire.Pipe}}

// pluginModes compares reads from the memory plugin's cache. This program takes
// the place of the server, so the processor time of both counts.
func (s *suite) pluginModes() error {
	p, err := s.bench.StartPlugin("memory", nil)
	if err != nil {
		return err
	}
	defer p.Stop()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // as a server has on one processor
	for _, callers := range []int{1, 16, 256} {
		if err := s.compareModes(p, callers); err != nil {
			return err
		}
	}
	return nil
}

func (s *suite) compareModes(p *target.Plugin, callers int) error {
	var trials []trial[done]
	for _, m := range modes {
		cache := p.Cache(m.mode)
		defer cache.Close()
		trials = append(trials, func() (done, error) { return reads(bothSides(p), cache, callers, s.slice/3) })
	}
	m, err := interleave(s.rounds, trials...)
	if err != nil {
		return err
	}
	unary, unaryCPU := column(m[0], rateOf), column(m[0], cpuPerOp)
	for i, mode := range modes {
		rate, cpu := column(m[i], rateOf), column(m[i], cpuPerOp)
		what := fmt.Sprintf("plugin cache, %d callers, %s", callers, mode.name)
		s.add(what, "op/s", stat.Of(rate...), nil, number(stat.Of(cpu...).Median)+" us of both sides' CPU per op")
		if mode.mode == wire.Pipe && callers == 256 {
			s.add("  ops / unary", "x", stat.Of(stat.Ratios(rate, unary)...), stat.AtLeast(10), "")
			s.add("  CPU per op / unary", "x", stat.Of(stat.Ratios(cpu, unaryCPU)...), stat.AtMost(0.1), "")
		}
	}
	return nil
}

// bothSides is the processor time of the plugin and of this program.
func bothSides(p *target.Plugin) func() time.Duration {
	return func() time.Duration { return p.CPU() + selfCPU() }
}

// reads has callers read a key for a while, each one after the other.
func reads(used func() time.Duration, cache contract.Cache, callers int, length time.Duration) (done, error) {
	const key = "prefix:app:1234:channel-name"
	ctx := context.Background()
	if _, err := cache.Set(ctx, key, make([]byte, 64), contract.SetOptions{}); err != nil {
		return done{}, err
	}
	cpu, begin := used(), time.Now()
	var ops atomic.Int64
	var wg sync.WaitGroup
	errs := make(chan error, callers)
	for range callers {
		wg.Go(func() {
			for time.Since(begin) < length {
				if _, err := cache.Get(ctx, key); err != nil {
					errs <- err
					return
				}
				ops.Add(1)
			}
		})
	}
	wg.Wait()
	close(errs)
	return done{ops: ops.Load(), took: time.Since(begin), cpu: used() - cpu}, <-errs
}
