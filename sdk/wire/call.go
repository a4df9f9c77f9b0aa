package wire

import (
	"sync/atomic"
	"time"
)

// result is what generated results have in common.
type result[R any] interface {
	*R
	GetId() uint64
}

// call is one operation on its way. Calls are pooled: the caller and the
// sender each hold one reference, and the last to let go returns it.
//
// Fields from op to done belong to the caller until it handed the call to a
// combiner; the others are guarded by the combiner's mutex.
type call[O, R any] struct {
	op       *O
	size     int       // estimate of the encoded operation, in bytes
	app      string    // whose turn it takes
	deadline time.Time // zero: none
	done     chan struct{}
	recycle  func()
	refs     atomic.Int32

	state      callState
	slot       uint32 // while in flight
	msg        *message
	prev, next *call[O, R] // while queued
	res        *R
	err        error
}

type callState uint8

const (
	callIdle callState = iota
	callQueued
	callInFlight
	callDone
)

// start makes a call ready for the combiner.
func (c *call[O, R]) start() {
	if c.done == nil {
		c.done = make(chan struct{}, 1)
	}
	c.refs.Store(1)
	c.state, c.res, c.err, c.msg = callIdle, nil, nil, nil
}

// release gives back one reference.
func (c *call[O, R]) release() {
	if c.refs.Add(-1) == 0 {
		c.res = nil
		c.recycle()
	}
}

// finish hands the caller its answer. The combiner's mutex is held.
func (c *call[O, R]) finish(res *R, err error) {
	c.state, c.res, c.err = callDone, res, err
	c.done <- struct{}{}
}

// message is one request message that is not yet wholly answered.
type message struct {
	sentAt  time.Time
	open    int  // operations without an answer
	holding bool // takes one of the window's slots
	stream  any  // the pipe's stream that carries it
}
