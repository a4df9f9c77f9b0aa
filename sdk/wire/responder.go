package wire

import (
	"context"
	"errors"
	"io"
	"runtime"
	"sync"
)

// responder collects results and sends them: whoever brings one while nobody
// sends does so, and goes on until nothing is left.
type responder[R any] struct {
	size func(*R) int
	send func([]*R) error

	mu      sync.Mutex
	results []*R
	sending bool
	closed  bool
	pending int           // operations without a result
	room    chan struct{} // closed when pending is low again; nil if nobody waits
	none    chan struct{} // closed when nothing is pending; nil if nobody waits
	idle    chan struct{} // closed when nobody sends; nil if nobody waits
}

// expect announces n operations. It waits while too many are pending, which
// holds up the stream they come from.
func (r *responder[R]) expect(ctx context.Context, n int) error {
	r.mu.Lock()
	r.pending += n
	if r.pending <= 2*maxInFlight {
		r.mu.Unlock()
		return nil
	}
	room := make(chan struct{})
	r.room = room
	r.mu.Unlock()
	select {
	case <-room:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// add brings results.
func (r *responder[R]) add(results []*R) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pending -= len(results)
	if r.room != nil && r.pending <= 2*maxInFlight {
		close(r.room)
		r.room = nil
	}
	if r.none != nil && r.pending == 0 {
		defer close(r.none)
		r.none = nil
	}
	r.results = append(r.results, results...)
	if r.sending || r.closed {
		return
	}
	r.sending = true
	for len(r.results) > 0 && !r.closed {
		if r.pending > 0 {
			// Tasks that are about to finish come first: they share the message.
			r.mu.Unlock()
			runtime.Gosched()
			r.mu.Lock()
		}
		r.flushLocked()
	}
	r.sending = false
	if r.idle != nil {
		close(r.idle)
		r.idle = nil
	}
}

// settled waits until all that was expected has come, or for ctx.
func (r *responder[R]) settled(ctx context.Context) {
	r.mu.Lock()
	if r.pending == 0 {
		r.mu.Unlock()
		return
	}
	none := make(chan struct{})
	r.none = none
	r.mu.Unlock()
	select {
	case <-none:
	case <-ctx.Done():
	}
}

// flushLocked sends what there is; the mutex is free meanwhile.
func (r *responder[R]) flushLocked() {
	results := r.results
	r.results = nil
	r.mu.Unlock()
	err := sendSplit(results, r.size, r.send)
	r.mu.Lock()
	if err != nil {
		r.closed = true
	}
}

// close returns when nothing is being sent any more; later results are dropped.
func (r *responder[R]) close() {
	r.mu.Lock()
	r.closed = true
	var idle chan struct{}
	if r.sending {
		idle = make(chan struct{})
		r.idle = idle
	}
	r.mu.Unlock()
	if idle != nil {
		<-idle
	}
}

// sendSplit sends results in as many messages as they need.
func sendSplit[R any](results []*R, size func(*R) int, send func([]*R) error) error {
	from, bytes := 0, 0
	for i, res := range results {
		n := size(res)
		if i > from && bytes+n > maxBatchBytes {
			if err := send(results[from:i]); err != nil {
				return err
			}
			from, bytes = i, 0
		}
		bytes += n
	}
	if from == len(results) {
		return nil
	}
	return send(results[from:])
}

// endOfStream is nil for a stream that the other side ended in good order.
func endOfStream(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}
