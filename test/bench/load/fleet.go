//go:build linux

package load

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Fleet is a number of publishers that share a schedule. One goroutine at a time
// may use it.
type Fleet struct {
	publishers []*Publisher
}

// NewFleet returns a fleet of size publishers.
func NewFleet(size int, addr string, app App, secure bool) *Fleet {
	f := &Fleet{}
	for range size {
		f.publishers = append(f.publishers, NewPublisher(addr, app, secure))
	}
	return f
}

// Close closes all connections.
func (f *Fleet) Close() {
	for _, p := range f.publishers {
		p.Close()
	}
}

// Tally is what became of requests.
type Tally struct {
	// Accepted were answered with 200, Refused with 503. Unsent were still not
	// sent a while after the end: the client or the server was too slow for them.
	Accepted, Refused, Unsent int64
	// Took is the time until the last answer.
	Took time.Duration
}

// Send makes one request that is due at a time and returns the status.
type Send func(p *Publisher, due time.Time) (status int, err error)

// Run sends rate requests per second for a while; whoever is free takes the next
// that is due. Rate 0 means: one after the other on every connection.
func (f *Fleet) Run(rate float64, length time.Duration, send Send) (Tally, error) {
	begin := time.Now()
	r := &round{begin: begin, end: begin.Add(length), rate: rate, send: send}
	var wg sync.WaitGroup
	for _, p := range f.publishers {
		wg.Go(func() { r.run(p) })
	}
	wg.Wait()
	t := Tally{Accepted: r.accepted.Load(), Refused: r.refused.Load(), Unsent: r.unsent.Load(), Took: time.Since(begin)}
	if err := r.failure.Load(); err != nil {
		return t, *err
	}
	return t, nil
}

// overtime is how long after the end of a run requests are still sent.
const overtime = 100 * time.Millisecond

// round is one run of a fleet.
type round struct {
	begin, end time.Time
	rate       float64
	send       Send

	next, accepted, refused, unsent atomic.Int64
	failure                         atomic.Pointer[error]
}

func (r *round) run(p *Publisher) {
	for r.failure.Load() == nil {
		due := r.due()
		if !due.Before(r.end) {
			return
		}
		time.Sleep(time.Until(due))
		if time.Since(r.end) > overtime {
			r.unsent.Add(1)
			continue
		}
		status, err := r.send(p, due)
		switch {
		case status == http.StatusOK:
			r.accepted.Add(1)
		case status == http.StatusServiceUnavailable:
			r.refused.Add(1)
		default:
			if err == nil {
				err = fmt.Errorf("publish: answer %d", status)
			}
			r.failure.Store(&err)
		}
	}
}

// due is the time of the next request.
func (r *round) due() time.Time {
	if r.rate == 0 {
		return time.Now()
	}
	k := r.next.Add(1) - 1
	return r.begin.Add(time.Duration(float64(k) / r.rate * float64(time.Second)))
}
