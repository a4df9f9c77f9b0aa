package plugin

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/jackfield/jackfield/sdk/contract"
)

// queueHost runs the faulty plugin as a queue, with a clock that stands still.
func queueHost(t *testing.T, choice Choice) (*Host, *handClock) {
	t.Helper()
	o, _ := testOptions(t, "good")
	clock := newHandClock()
	o.Clock = clock
	o.Choices = map[contract.Kind]Choice{contract.KindQueue: choice, contract.KindCache: {Driver: "fake"}}
	return startHost(t, o), clock
}

// receive returns the ids of the next n jobs and acknowledges them.
func receive(t *testing.T, c contract.Consumer, n int) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var got []string
	for len(got) < n {
		deliveries, err := c.Receive(ctx, n-len(got))
		if err != nil {
			t.Fatalf("receive after %d jobs: %v", len(got), err)
		}
		for _, d := range deliveries {
			got = append(got, d.Job.ID)
			if err := c.Ack(ctx, d); err != nil {
				t.Errorf("ack: %v", err)
			}
		}
	}
	return got
}

func TestQueueOutlivesItsPlugin(t *testing.T) {
	h, clock := queueHost(t, Choice{Driver: "fake"})
	q := h.Queue()
	c, err := q.Consume(t.Context(), contract.ConsumeOptions{Queue: "q", Consumer: "c", Lease: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	enqueue := func(from, to int) (want []string) {
		for i := from; i < to; i++ {
			want = append(want, job(i).ID)
			if errs := q.Enqueue(t.Context(), []contract.Job{job(i)}); errs[0] != nil {
				t.Errorf("enqueue %d: %v", i, errs[0])
			}
		}
		return want
	}
	if diff := cmp.Diff(enqueue(0, 10), receive(t, c, 10)); diff != "" {
		t.Errorf("before (-want +got):\n%s", diff)
	}
	kill(t, pidOf(h), unix.SIGKILL)
	eventually(t, "the fault is noticed", func() bool { return h.Status()[0].State == Backoff })
	want := enqueue(10, 300)
	if n := h.queue.spill.count.Load(); n != 290 {
		t.Errorf("%d jobs are kept", n)
	}
	clock.advance(time.Second)
	if diff := cmp.Diff(want, receive(t, c, 290)); diff != "" {
		t.Errorf("after (-want +got):\n%s", diff)
	}
	if err := h.FlushQueue(t.Context()); err != nil {
		t.Error(err)
	}
}

// Who waits for the queue to become empty must know of jobs that it will get.
func TestKeptJobsCountAsWaiting(t *testing.T) {
	h, _, clock, dir := diskHost(t)
	arm(t, dir, "enqueue before", "away always")
	if err := h.Queue().Enqueue(t.Context(), []contract.Job{job(1)})[0]; err != nil {
		t.Fatal(err)
	}
	if stats, err := h.Queue().Stats(t.Context(), "q"); err != nil || stats.Waiting != 1 {
		t.Errorf("%+v, %v", stats, err)
	}
	if err := os.Remove(filepath.Join(dir, "enqueue before")); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the job is taken", func() bool {
		clock.advance(time.Second)
		return h.queue.spill.waiting("q") == 0
	})
}

func TestFlushTellsWhatIsLeft(t *testing.T) {
	h, _ := queueHost(t, Choice{Driver: "fake"})
	kill(t, pidOf(h), unix.SIGKILL)
	eventually(t, "the fault is noticed", func() bool { return h.Status()[0].State == Backoff })
	for i := range 3 {
		if errs := h.Queue().Enqueue(t.Context(), []contract.Job{job(i)}); errs[0] != nil {
			t.Error(errs[0])
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	err := h.Stop(ctx)
	if err == nil {
		t.Fatal("Stop says that all is well")
	}
	mustSay(t, err.Error(), "3 jobs were not handed to the queue")
}

func TestConsumerDrainsAndCloses(t *testing.T) {
	h, _ := queueHost(t, Choice{Driver: "fake"})
	c, err := h.Queue().Consume(t.Context(), contract.ConsumeOptions{Queue: "q", Consumer: "c", Lease: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Drain(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := c.Receive(t.Context(), 1); err != contract.ErrClosed {
		t.Errorf("receive after Drain: %v", err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if _, err := c.Receive(t.Context(), 1); err != contract.ErrClosed {
		t.Errorf("receive after Close: %v", err)
	}
}

func TestWaitingConsumerEndsWithItsContext(t *testing.T) {
	h, _ := queueHost(t, Choice{Driver: "fake"})
	c, err := h.Queue().Consume(t.Context(), contract.ConsumeOptions{Queue: "q", Consumer: "c", Lease: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Receive(ctx, 1); err == nil {
		t.Error("there was a job")
	}
}
