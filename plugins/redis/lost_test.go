package main

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// cutter stands before a Redis. When it is armed it lets one command through and
// cuts the connection when the answer comes: what was done, nobody is told.
type cutter struct {
	net.Listener
	to    string
	armed atomic.Bool
	wg    sync.WaitGroup
}

func startCutter(t *testing.T, to string) *cutter {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cutter{Listener: l, to: to}
	c.wg.Go(c.serve)
	t.Cleanup(func() {
		_ = l.Close()
		c.wg.Wait()
	})
	return c
}

func (c *cutter) serve() {
	for {
		in, err := c.Accept()
		if err != nil {
			return
		}
		out, err := net.Dial("tcp", c.to)
		if err != nil {
			_ = in.Close()
			continue
		}
		c.wg.Go(func() {
			_, _ = io.Copy(out, in)
			_ = out.Close()
		})
		c.wg.Go(func() {
			c.back(in, out)
			_, _ = in.Close(), out.Close()
		})
	}
}

func (c *cutter) back(in, out net.Conn) {
	buf := make([]byte, 64<<10)
	for {
		n, err := out.Read(buf)
		if err != nil || c.armed.Swap(false) {
			return
		}
		if _, err := in.Write(buf[:n]); err != nil {
			return
		}
	}
}

// through is a connection by way of the cutter.
func (c *cutter) through() connectionOptions {
	options := toStandalone(standalone())
	options.Addresses = []string{c.Addr().String()}
	return options
}

// A queue whose answers are lost neither loses nor doubles anything.
func TestLostAnswersOfTheQueue(t *testing.T) {
	cut := startCutter(t, standalone().Addr)
	q := newQueue(t, cut.through(), func(*queueOptions) {})
	ctx := patient(t)
	if err := q.Health(ctx); err != nil {
		t.Fatal(err)
	}

	jobs := []contract.Job{{Queue: "q", ID: "a", GroupKey: "a"}, {Queue: "q", ID: "b", GroupKey: "b"}}
	cut.armed.Store(true)
	if err := errors.Join(q.Enqueue(ctx, jobs)...); err != nil {
		t.Fatalf("Enqueue: %v", err)
	}
	if st, err := q.Stats(ctx, "q"); err != nil || st.Waiting != 2 {
		t.Fatalf("%+v are stored, %v; want 2", st, err)
	}

	claims := &claims{q: q, queue: "q", lease: time.Minute}
	cut.armed.Store(true)
	if got := claims.claim(2); got.err == nil {
		t.Fatal("the claim was answered")
	}
	got := claims.claim(2)
	if got.err != nil || len(got.jobs) != 2 || got.jobs[0].Attempt != 1 || got.jobs[1].Attempt != 1 {
		t.Fatalf("the next claim: %+v, %v; want both jobs at the first attempt", got.jobs, got.err)
	}

	for i, how := range []string{nacked, acked} {
		cut.armed.Store(true)
		if _, err := q.settle(ctx, "q", got.jobs[i].Receipt, settlement{how: how}); err != nil {
			t.Fatalf("%s: %v", how, err)
		}
	}
	if st, err := q.Stats(ctx, "q"); err != nil || st.Waiting != 1 || st.Out != 0 {
		t.Fatalf("%+v, %v; want the job that was given back", st, err)
	}
	if _, err := q.settle(ctx, "q", got.jobs[1].Receipt, settlement{how: acked}); !errors.Is(err, contract.ErrNotFound) {
		t.Errorf("a second Ack: %v", err)
	}
}

// What may be done twice is repeated, what has an id is done once, and of the
// rest the caller hears that the outcome is unknown.
func TestLostAnswersOfTheCache(t *testing.T) {
	cut := startCutter(t, standalone().Addr)
	c := newCache(t, cut.through())
	ctx := patient(t)
	if err := c.Health(ctx); err != nil {
		t.Fatal(err)
	}
	lose := func(what string, f func() error, want error) {
		t.Helper()
		cut.armed.Store(true)
		if err := f(); !errors.Is(err, want) || want == nil && err != nil {
			t.Errorf("%s: %v, want %v", what, err, want)
		}
	}
	lose("Set", func() error { _, err := c.Set(ctx, "k", []byte("v"), contract.SetOptions{}); return err }, nil)
	lose("Get", func() error { _, err := c.Get(ctx, "k"); return err }, nil)
	lose("GetMany", func() error { _, errs := c.GetMany(ctx, []string{"k"}); return errs[0] }, nil)
	lose("SetMany", func() error {
		_, errs := c.SetMany(ctx, []contract.CacheEntry{{Key: "m", Value: []byte("v")}})
		return errs[0]
	}, nil)
	lose("Increment", func() error { _, err := c.Increment(ctx, "n", 5, 0, "id"); return err }, nil)
	if v, err := c.Get(ctx, "n"); err != nil || string(v) != "5" {
		t.Errorf("5 was added to 0: %s, %v", v, err)
	}
	lose("Increment without an id", func() error { _, err := c.Increment(ctx, "n", 5, 0, ""); return err }, contract.ErrUnavailable)
	if v, err := c.Get(ctx, "n"); err != nil || string(v) != "10" {
		t.Errorf("5 was added once more: %s, %v", v, err)
	}
	lose("Set if absent", func() error {
		_, err := c.Set(ctx, "a", nil, contract.SetOptions{IfAbsent: true})
		return err
	}, contract.ErrUnavailable)
	lose("CompareAndSet", func() error { _, err := c.CompareAndSet(ctx, "s", nil, []byte("v"), 0); return err }, contract.ErrUnavailable)
}

// A Redis that hangs holds nobody longer than the context of the call.
func TestAHangingRedisIsGivenUpInTime(t *testing.T) {
	c := newCache(t, toStandalone(standalone()))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Get(ctx, "k"); !errors.Is(err, contract.ErrTimeout) {
		t.Errorf("Get with a context that has ended: %v", err)
	}
}

// A Redis that keeps nothing on disk outlives the plugin all the same: a server
// that stops need not deliver what others will.
func TestAQueueInRedisDoesNotEndWithThePlugin(t *testing.T) {
	q := newQueue(t, toStandalone(standalone()), func(*queueOptions) {})
	if st, err := q.Stats(patient(t), "q"); err != nil || st.Durability != contract.Shared {
		t.Errorf("durability %q, %v; want %q", st.Durability, err, contract.Shared)
	}
}
