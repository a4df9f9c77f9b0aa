package webhook

import (
	"errors"
	"sync"
	"time"

	"github.com/sony/gobreaker/v2"
)

// receiver is one webhook of an app as the courier sees it.
type receiver struct {
	slots   chan struct{} // one token per request under way
	breaker *gobreaker.TwoStepCircuitBreaker[struct{}]
	held    int // jobs in the courier's hands; guarded by receivers.mu
}

// A receiver that failed so often in a row is asked by one request per pause.
const (
	breakerFailures = 5
	breakerPause    = 5 * time.Second
)

// maxIdleReceivers bounds how many failing receivers are remembered that have
// nothing to do.
const maxIdleReceivers = 10_000

// receivers divides the courier's hands among webhooks.
type receivers struct {
	total int // jobs held at a time
	each  int // requests to one receiver at a time

	mu    sync.Mutex
	held  int
	known map[string]*receiver
}

func newReceivers(total, each int) *receivers {
	return &receivers{total: total, each: each, known: map[string]*receiver{}}
}

// take returns the receiver with this key, or nil if it has its share: it may
// hold as many jobs as are free for all others. So slow receivers, however many,
// never hold everything.
func (r *receivers) take(key string) *receiver {
	r.mu.Lock()
	defer r.mu.Unlock()
	to := r.known[key]
	if to == nil {
		r.forget()
		to = &receiver{slots: make(chan struct{}, r.each), breaker: newBreaker(key)}
		r.known[key] = to
	}
	if to.held > 0 && to.held >= r.total-r.held {
		return nil
	}
	to.held++
	r.held++
	return to
}

// give ends a take. A receiver without jobs and without failures is forgotten.
func (r *receivers) give(key string, to *receiver) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.held--
	if to.held--; to.held == 0 && to.healthy() && r.known[key] == to {
		delete(r.known, key)
	}
}

func (to *receiver) healthy() bool {
	return to.breaker.State() == gobreaker.StateClosed && to.breaker.Counts().ConsecutiveFailures == 0
}

// forget makes room when too many failing receivers are remembered.
func (r *receivers) forget() {
	if len(r.known) < maxIdleReceivers {
		return
	}
	for key, to := range r.known {
		if to.held == 0 {
			delete(r.known, key)
		}
	}
}

// errInterrupted is a request that we gave up ourselves; it says nothing about
// the receiver.
var errInterrupted = errors.New("interrupted")

func newBreaker(key string) *gobreaker.TwoStepCircuitBreaker[struct{}] {
	return gobreaker.NewTwoStepCircuitBreaker[struct{}](gobreaker.Settings{
		Name: key, MaxRequests: 1, Timeout: breakerPause,
		IsExcluded:  func(err error) bool { return err == errInterrupted },
		ReadyToTrip: func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= breakerFailures },
	})
}
