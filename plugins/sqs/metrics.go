package main

import (
	"context"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/jackfield/jackfield/sdk/contract"
)

// counts are what happened to jobs in this process.
type counts struct {
	enqueued, done, returned, lost, dead, parked, throttled atomic.Uint64
}

// depths are what SQS last said of the lines, for scrapes, which do not wait.
type depths struct {
	mu      sync.Mutex
	asking  bool
	askedAt time.Time
	stats   map[string]contract.QueueStats
}

// depthLasts is how long SQS is not asked again. Nothing is asked while nobody scrapes.
const depthLasts = 15 * time.Second

// Stats asks SQS for its approximate numbers. It does not know the age of the
// oldest job.
func (q *queue) Stats(ctx context.Context, name string) (contract.QueueStats, error) {
	l, err := q.line(ctx, name)
	if err != nil {
		return contract.QueueStats{}, err
	}
	return l.stats(ctx)
}

func (l *line) stats(ctx context.Context) (contract.QueueStats, error) {
	at := l.place()
	st := contract.QueueStats{Durability: contract.Replicated}
	main, err := l.q.attributes(ctx, at.url, types.QueueAttributeNameApproximateNumberOfMessages,
		types.QueueAttributeNameApproximateNumberOfMessagesDelayed, types.QueueAttributeNameApproximateNumberOfMessagesNotVisible)
	if err != nil {
		return st, err
	}
	dead, err := l.q.attributes(ctx, at.dead, types.QueueAttributeNameApproximateNumberOfMessages,
		types.QueueAttributeNameApproximateNumberOfMessagesNotVisible)
	if err != nil {
		return st, err
	}
	number := func(from map[string]string, name types.QueueAttributeName) uint64 {
		n, _ := strconv.ParseUint(from[string(name)], 10, 64)
		return n
	}
	st.Waiting = number(main, types.QueueAttributeNameApproximateNumberOfMessages)
	st.Delayed = number(main, types.QueueAttributeNameApproximateNumberOfMessagesDelayed)
	st.Out = number(main, types.QueueAttributeNameApproximateNumberOfMessagesNotVisible)
	st.Dead = number(dead, types.QueueAttributeNameApproximateNumberOfMessages) +
		number(dead, types.QueueAttributeNameApproximateNumberOfMessagesNotVisible)
	return st, nil
}

// Metrics returns the series of all queues. Depths are those of the last answer.
func (q *queue) Metrics() []contract.Sample {
	c := &q.counts
	samples := []contract.Sample{
		counter("queue_enqueued_total", "Jobs stored.", &c.enqueued),
		counter("queue_done_total", "Jobs acknowledged.", &c.done),
		counter("queue_returned_total", "Jobs given back by their consumer.", &c.returned),
		counter("queue_lost_leases_total", "Leases that ended without an outcome.", &c.lost),
		counter("queue_dead_total", "Jobs that became dead letters.", &c.dead),
		counter("queue_parked_total", "Messages that were no jobs and became dead letters.", &c.parked),
		counter("queue_throttled_total", "Calls that SQS refused because of their number.", &c.throttled),
	}
	for name, st := range q.lastDepths() {
		for state, n := range map[string]uint64{"waiting": st.Waiting, "delayed": st.Delayed, "out": st.Out, "dead": st.Dead} {
			samples = append(samples, contract.Sample{
				Name: "queue_depth", Help: "Messages in SQS by state, as SQS estimates them.", Kind: contract.Gauge,
				Labels: map[string]string{"queue": name, "state": state}, Value: float64(n),
			})
		}
	}
	return samples
}

func counter(name, help string, value *atomic.Uint64) contract.Sample {
	return contract.Sample{Name: name, Help: help, Kind: contract.Counter, Value: float64(value.Load())}
}

// lastDepths returns the last answers and, if they are old, begins to ask anew.
func (q *queue) lastDepths() map[string]contract.QueueStats {
	d := &q.depths
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.asking && time.Since(d.askedAt) > depthLasts && q.ctx.Err() == nil {
		d.asking, d.askedAt = true, time.Now()
		q.wg.Go(q.askDepths)
	}
	return d.stats
}

func (q *queue) askDepths() {
	stats := map[string]contract.QueueStats{}
	for _, l := range q.opened() {
		if st, err := l.stats(q.ctx); err == nil {
			stats[l.name] = st
		}
	}
	q.depths.mu.Lock()
	defer q.depths.mu.Unlock()
	q.depths.asking, q.depths.stats = false, stats
}
