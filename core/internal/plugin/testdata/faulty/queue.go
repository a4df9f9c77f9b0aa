package main

import (
	"context"
	"strconv"
	"sync"
	"time"

	"github.com/jackfield/jackfield/sdk"
)

// queue hands out jobs in order, each once, from memory.
type queue struct {
	mu      sync.Mutex
	jobs    []sdk.Job
	acked   uint64
	arrived chan struct{} // closed and replaced when jobs come
}

func openQueue(context.Context, struct{}, sdk.Env) (sdk.Queue, error) {
	return &queue{arrived: make(chan struct{})}, nil
}

func (q *queue) Enqueue(_ context.Context, jobs []sdk.Job) []error {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, j := range jobs {
		j.Body = append([]byte(nil), j.Body...)
		q.jobs = append(q.jobs, j)
	}
	close(q.arrived)
	q.arrived = make(chan struct{})
	return make([]error, len(jobs))
}

func (q *queue) Stats(context.Context, string) (sdk.QueueStats, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return sdk.QueueStats{Waiting: uint64(len(q.jobs)), Dead: q.acked, Durability: sdk.InMemory}, nil
}

func (q *queue) Consume(context.Context, sdk.ConsumeOptions) (sdk.Consumer, error) {
	return &consumer{queue: q, drained: make(chan struct{})}, nil
}

type consumer struct {
	queue   *queue
	once    sync.Once
	drained chan struct{}
}

func (c *consumer) Receive(ctx context.Context, max int) ([]sdk.Delivery, error) {
	for {
		jobs, arrived := c.queue.take(max)
		if len(jobs) > 0 {
			return jobs, nil
		}
		select {
		case <-arrived:
		case <-c.drained:
			return nil, sdk.ErrClosed
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (q *queue) take(max int) ([]sdk.Delivery, <-chan struct{}) {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := min(max, len(q.jobs))
	var out []sdk.Delivery
	for i, j := range q.jobs[:n] {
		out = append(out, sdk.Delivery{Job: j, Attempt: 1, EnqueuedAt: time.Now(), Receipt: strconv.Itoa(i) + j.ID})
	}
	q.jobs = q.jobs[n:]
	return out, q.arrived
}

func (c *consumer) Ack(context.Context, sdk.Delivery) error {
	c.queue.mu.Lock()
	defer c.queue.mu.Unlock()
	c.queue.acked++
	return nil
}

func (c *consumer) Nack(context.Context, sdk.Delivery, string, time.Duration) error { return nil }
func (c *consumer) Reject(context.Context, sdk.Delivery, string) error              { return nil }
func (c *consumer) Extend(context.Context, sdk.Delivery, time.Duration) error       { return nil }
func (c *consumer) Drain(context.Context) error                                     { c.once.Do(func() { close(c.drained) }); return nil }

func (c *consumer) Close() error { c.once.Do(func() { close(c.drained) }); return nil }
