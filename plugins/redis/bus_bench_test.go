package main

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// benchBus joins two sessions with as many cells as a server has; the second
// listens to one topic in each.
func benchBus(b *testing.B) (from, to contract.AdapterSession) {
	b.Helper()
	bus := newBus(b, busAt(toStandalone(standalone())))
	join := func(name string) contract.AdapterSession {
		s, err := bus.Open(b.Context(), contract.NodeInfo{ID: name, Incarnation: name, Lease: time.Hour, Cells: 64, Reads: 1, Writes: 1})
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = s.Close() })
		return s
	}
	from, to = join("from"), join("to")
	for cell := range uint32(64) {
		if err := to.Subscribe(b.Context(), []contract.Topic{busTopic(cell, "t")}); err != nil {
			b.Fatal(err)
		}
	}
	return from, to
}

// drain receives until n messages came or the context ends.
func drain(ctx context.Context, b *testing.B, s contract.AdapterSession, n int) {
	for n > 0 {
		events, err := s.Receive(ctx)
		if err != nil {
			b.Errorf("%d messages are missing: %v", n, err)
			return
		}
		for _, e := range events {
			if e.Message != nil {
				n--
			}
		}
	}
}

// BenchmarkBusMessages hands messages from one session to another.
func BenchmarkBusMessages(b *testing.B) {
	for _, callers := range []int{1, 16, 256} {
		b.Run(fmt.Sprint("callers=", callers), func(b *testing.B) {
			from, to := benchBus(b)
			body := make([]byte, 200)
			done := make(chan struct{})
			go func() { drain(b.Context(), b, to, b.N); close(done) }()
			work := make(chan uint32, callers)
			var publishers sync.WaitGroup
			for range callers {
				publishers.Go(func() {
					for cell := range work {
						err := from.Publish(b.Context(), []contract.BusMessage{{Topic: busTopic(cell, "t"), Body: body}})
						if err != nil {
							b.Errorf("Publish: %v", err)
						}
					}
				})
			}
			b.ResetTimer()
			for i := range b.N {
				work <- uint32(i % 64)
			}
			close(work)
			publishers.Wait()
			<-done
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
		})
	}
}

// BenchmarkBusLatency is the time from Publish to Receive, one message at a time.
func BenchmarkBusLatency(b *testing.B) {
	from, to := benchBus(b)
	for b.Loop() {
		err := from.Publish(b.Context(), []contract.BusMessage{{Topic: busTopic(7, "t"), Body: []byte("x")}})
		if err != nil {
			b.Fatal(err)
		}
		drain(b.Context(), b, to, 1)
	}
}

// BenchmarkBusApply lets users come and go, each change in an apply of its own.
func BenchmarkBusApply(b *testing.B) {
	for _, callers := range []int{1, 64} {
		b.Run(fmt.Sprint("cells=", callers), func(b *testing.B) {
			from, _ := benchBus(b)
			done := make(chan struct{}, callers)
			b.ResetTimer()
			for cell := range callers {
				go func() {
					for i := range b.N/callers + 1 {
						ch := contract.Change{
							Key:  contract.StateKey{Kind: contract.StatePresence, App: "app", Name: "room"},
							User: fmt.Sprint("user", i/2), Info: []byte(`{"name":"somebody"}`), Present: i%2 == 0,
						}
						req := contract.ApplyRequest{Cell: uint32(cell), Version: uint64(i + 1), Changes: []contract.Change{ch}}
						if _, err := from.Apply(b.Context(), req); err != nil {
							b.Errorf("Apply: %v", err)
						}
					}
					done <- struct{}{}
				}()
			}
			for range callers {
				<-done
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "applies/s")
		})
	}
}

// BenchmarkBusRenew is what a node costs every few seconds: all 64 cells once.
func BenchmarkBusRenew(b *testing.B) {
	from, _ := benchBus(b)
	for b.Loop() {
		if _, err := from.Renew(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
