package wire

import (
	"context"
	"fmt"
	"sync"

	"github.com/jackfield/jackfield/sdk/contract"
)

// outbox holds what is to be sent over a stream until its one sender gets to
// it, so that no caller waits for the stream. It is bounded in bytes.
type outbox[T any] struct {
	mu     sync.Mutex
	wake   sync.Cond
	items  []T
	bytes  int
	closed bool
}

func newOutbox[T any]() *outbox[T] {
	o := new(outbox[T])
	o.wake.L = &o.mu
	return o
}

// push adds an item of about size bytes. Control messages have size 0 and are
// always taken.
func (o *outbox[T]) push(item T, size int) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return contract.ErrClosed
	}
	if size > 0 && o.bytes > 0 && o.bytes+size > defaultMaxQueued {
		return fmt.Errorf("%w: %d bytes wait to be sent to the plugin", contract.ErrOverloaded, o.bytes)
	}
	o.items = append(o.items, item)
	o.bytes += size
	o.wake.Signal()
	return nil
}

// close lets the sender end when it has sent what was pushed before.
func (o *outbox[T]) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
	o.wake.Signal()
}

// drain calls send with what was pushed, in order, until the outbox is closed
// and empty or send fails.
func (o *outbox[T]) drain(send func([]T) error) {
	for {
		items := o.take()
		if items == nil || send(items) != nil {
			return
		}
	}
}

func (o *outbox[T]) take() []T {
	o.mu.Lock()
	defer o.mu.Unlock()
	for len(o.items) == 0 && !o.closed {
		o.wake.Wait()
	}
	items := o.items
	o.items, o.bytes = nil, 0
	return items
}

// replies matches answers to the callers that wait for them, by id.
type replies[T any] struct {
	mu      sync.Mutex
	last    uint64
	waiting map[uint64]chan reply[T]
	err     error // set once nothing more will come
}

type reply[T any] struct {
	value T
	err   error
}

// expect returns the id under which an answer will come.
func (r *replies[T]) expect() (uint64, chan reply[T], error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err != nil {
		return 0, nil, r.err
	}
	if r.waiting == nil {
		r.waiting = make(map[uint64]chan reply[T])
	}
	r.last++
	ch := make(chan reply[T], 1)
	r.waiting[r.last] = ch
	return r.last, ch, nil
}

func (r *replies[T]) forget(id uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.waiting, id)
}

// answer wakes the caller that waits for id, if it still does.
func (r *replies[T]) answer(id uint64, value T, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if ch := r.waiting[id]; ch != nil {
		delete(r.waiting, id)
		ch <- reply[T]{value, err}
	}
}

// end fails all that wait, and all that come.
func (r *replies[T]) end(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == nil {
		r.err = err
	}
	for id, ch := range r.waiting {
		delete(r.waiting, id)
		ch <- reply[T]{err: err}
	}
}

// await waits for the answer that expect announced.
func (r *replies[T]) await(ctx context.Context, id uint64, ch chan reply[T]) (T, error) {
	select {
	case a := <-ch:
		return a.value, a.err
	case <-ctx.Done():
		r.forget(id)
		var none T
		return none, fromContext(ctx)
	}
}
