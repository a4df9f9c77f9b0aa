package apps

import "sync"

// query is a question to the store.
type query struct {
	name  string
	byKey bool
}

// label is unique over ids and keys.
func (q query) label() string {
	if q.byKey {
		return "key:" + q.name
	}
	return "id:" + q.name
}

// flights are the questions under way; equal ones are asked once.
type flights struct {
	mu     sync.Mutex
	open   map[query]*flight
	closed bool
	wg     sync.WaitGroup
}

// flight is one question. handle and err are valid after done is closed.
type flight struct {
	done   chan struct{}
	handle *Handle
	err    error
}

func newFlights() *flights { return &flights{open: map[query]*flight{}} }

// start asks q by calling load in a goroutine, or joins those who wait for the
// same answer already.
func (f *flights) start(q query, load func(query) (*Handle, error)) *flight {
	f.mu.Lock()
	defer f.mu.Unlock()
	if known := f.open[q]; known != nil {
		return known
	}
	next := &flight{done: make(chan struct{})}
	if f.closed {
		next.err = ErrUnavailable
		close(next.done)
		return next
	}
	f.open[q] = next
	f.wg.Go(func() {
		next.handle, next.err = load(q)
		f.land(q)
		close(next.done)
	})
	return next
}

// spawn calls work in a goroutine that close waits for, and reports whether it did.
func (f *flights) spawn(work func()) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.closed {
		f.wg.Go(work)
	}
	return !f.closed
}

func (f *flights) land(q query) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.open, q)
}

// close lets nothing start any more and waits for what is under way.
func (f *flights) close() {
	f.mu.Lock()
	f.closed = true
	f.mu.Unlock()
	f.wg.Wait()
}
