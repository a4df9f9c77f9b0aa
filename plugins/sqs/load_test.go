package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/testserver"
)

const (
	// outage is how long an endpoint is away.
	outage    = 30 * time.Second
	producers = 4
)

// load enqueues jobs and does them, whatever happens to the endpoint.
type load struct {
	w     *world
	group sync.WaitGroup
	stop  context.CancelFunc

	mu      sync.Mutex
	stored  map[string]bool
	done    map[string]bool
	refused int
}

func (w *world) startLoad() *load {
	w.ready()
	l := &load{w: w, stored: map[string]bool{}, done: map[string]bool{}}
	c := w.consumer(5 * time.Second)
	ctx, stop := context.WithCancel(context.Background())
	working, end := context.WithCancel(context.Background())
	l.stop = stop
	w.Cleanup(func() { stop(); end(); l.group.Wait() })
	for i := range producers {
		l.group.Go(func() { l.produce(ctx, fmt.Sprint("g", i)) })
	}
	l.group.Go(func() { l.work(working, c) })
	return l
}

// produce enqueues one job after the other, each until it is stored.
func (l *load) produce(ctx context.Context, group string) {
	for n := 0; pause(ctx, 20*time.Millisecond); {
		job := contract.Job{Queue: l.w.name, ID: fmt.Sprintf("%s-%06d", group, n), GroupKey: group, Body: []byte("{}")}
		err := l.w.q.Enqueue(ctx, []contract.Job{job})[0]
		l.mu.Lock()
		if err != nil {
			l.refused++
		} else {
			l.stored[job.ID] = true
			n++
		}
		l.mu.Unlock()
	}
}

func (l *load) work(ctx context.Context, c contract.Consumer) {
	for ctx.Err() == nil {
		ds, err := c.Receive(ctx, 10)
		if err != nil && !errors.Is(err, contract.ErrTimeout) {
			l.w.Errorf("Receive: %v", err)
			return
		}
		for _, d := range ds {
			l.do(ctx, c, d)
		}
	}
}

// do does a job. If the endpoint does not take the answer the job comes again; if
// only what it says to that is lost, it does not.
func (l *load) do(ctx context.Context, c contract.Consumer, d contract.Delivery) {
	l.mu.Lock()
	l.done[d.Job.ID] = true
	l.mu.Unlock()
	_ = c.Ack(ctx, d)
}

// counts are how many jobs are done, and how often one was refused.
func (l *load) counts() (done, refused int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.done), l.refused
}

// undone is how many stored jobs are not done.
func (l *load) undone() (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for id := range l.stored {
		if !l.done[id] {
			n++
		}
	}
	return n
}

// A standard queue, for ElasticMQ mixes up groups when it is killed.
func TestAnEndpointIsKilledForThirtySecondsUnderLoad(t *testing.T) {
	t.Parallel()
	server := testserver.StartElasticMQ(t, true)
	w := newWorld(t, settings(server.URL, false))
	l := w.startLoad()
	w.until("some jobs", func() bool { done, _ := l.counts(); return done > 20 })
	server.Kill()
	killed := time.Now()
	w.until("the end of the outage", func() bool { return time.Since(killed) > outage })
	before, refused := l.counts()
	if refused == 0 {
		t.Error("no job was refused")
	}
	server.Restart()
	w.until("new jobs", func() bool { done, _ := l.counts(); return done > before+100 })
	l.stop()
	w.until("all jobs to be done", func() bool { return l.undone() == 0 })
	want(t, "dead letters", len(w.dead()), 0)
}
