package plugin

import (
	"context"
	"errors"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/jackfield/jackfield/sdk/contract"
)

// diskHost runs the faulty plugin as a queue on disk, with a clock that stands
// still, and one consumer.
func diskHost(t *testing.T) (h *Host, c contract.Consumer, clock *handClock, dir string) {
	t.Helper()
	dir = t.TempDir()
	o, _ := testOptions(t, "good")
	clock = newHandClock()
	o.Clock = clock
	o.Plugins["faulty-good"] = PluginConfig{Drivers: []string{"disk"}}
	o.Choices = map[contract.Kind]Choice{
		contract.KindQueue: {Driver: "disk", Options: jsonOptions(t, map[string]any{"dir": dir})},
	}
	h = startHost(t, o)
	c, err := h.Queue().Consume(t.Context(), contract.ConsumeOptions{Queue: "q", Consumer: "c", Lease: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return h, c, clock, dir
}

// receiving calls Receive in the background.
func receiving(t *testing.T, c contract.Consumer) <-chan error {
	done := make(chan error, 1)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	go func() {
		defer cancel()
		_, err := c.Receive(ctx, 1)
		done <- err
	}()
	return done
}

// A consumer whose plugin is away ends all the same.
func TestAConsumerEndsWhileItsPluginIsAway(t *testing.T) {
	for name, end := range map[string]func(contract.Consumer) error{
		"drained": func(c contract.Consumer) error { return c.Drain(context.Background()) },
		"closed":  contract.Consumer.Close,
	} {
		for _, early := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				h, c, _, _ := diskHost(t)
				kill(t, pidOf(h), unix.SIGKILL)
				eventually(t, "the fault is noticed", func() bool { return h.Status()[0].State == Backoff })
				var done <-chan error
				if early {
					done = receiving(t, c)
				}
				if err := end(c); err != nil {
					t.Error(err)
				}
				if !early {
					done = receiving(t, c)
				}
				if err := <-done; !errors.Is(err, contract.ErrClosed) || errors.Is(err, contract.ErrTimeout) {
					t.Errorf("receive: %v", err)
				}
			})
		}
	}
}

func TestAConsumerEndsWithItsHost(t *testing.T) {
	h, c, _, _ := diskHost(t)
	done := receiving(t, c)
	stopHost(t, h)
	if err := <-done; !errors.Is(err, contract.ErrClosed) {
		t.Errorf("receive: %v", err)
	}
}

// A driver that cannot hand out for a moment still knows what it handed out before.
func TestAFailedReceiveForgetsNoDelivery(t *testing.T) {
	for _, action := range []string{"away", "late"} {
		t.Run(action, func(t *testing.T) {
			h, c, clock, dir := diskHost(t)
			for i := range 2 {
				if err := h.Queue().Enqueue(t.Context(), []contract.Job{groupJob(i, 2)})[0]; err != nil {
					t.Fatal(err)
				}
			}
			first, err := c.Receive(t.Context(), 1)
			if err != nil {
				t.Fatal(err)
			}
			arm(t, dir, "receive before", action)
			done := receiving(t, c)
			eventually(t, "the second job", func() bool { clock.advance(streamPause); return len(done) == 1 })
			if err := <-done; err != nil {
				t.Error(err)
			}
			if err := c.Ack(t.Context(), first[0]); err != nil {
				t.Errorf("ack of what was out before: %v", err)
			}
		})
	}
}

// A driver that fails at once, again and again, is asked once a second.
func TestAFailingReceiveDoesNotSpin(t *testing.T) {
	for _, action := range []string{"away always", "late always"} {
		t.Run(action, func(t *testing.T) {
			_, c, clock, dir := diskHost(t)
			arm(t, dir, "receive before", action)
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan struct{})
			go func() { defer close(done); _, _ = c.Receive(ctx, 1) }()
			asked := func() int { return readHistory(t, dir).calls["receive"] }
			seconds := 0
			eventually(t, "calls in 30 seconds and more", func() bool {
				clock.advance(streamPause)
				seconds++
				return seconds >= 30 && asked() >= 3
			})
			if n := asked(); n > seconds+1 {
				t.Errorf("%d calls in %d seconds", n, seconds)
			}
			cancel()
			<-done
		})
	}
}
