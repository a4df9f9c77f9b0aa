package delay

import "time"

// Row holds what is to happen one fixed time after it was added. As the time is the
// same for all, what was added first is due first: a list is enough, and one that
// was cancelled is passed over when its turn comes. It has no clock: now is any
// monotonic one, of the caller. Not safe for concurrent use.
type Row[K comparable, V any] struct {
	wait  time.Duration
	line  []*waiting[K, V]
	first int // of line; those before are gone
	open  map[K]*waiting[K, V]
}

type waiting[K comparable, V any] struct {
	key   K
	value V
	due   time.Duration
	over  bool
}

// NewRow returns a row in which values wait for d.
func NewRow[K comparable, V any](d time.Duration) *Row[K, V] {
	return &Row[K, V]{wait: d, open: map[K]*waiting[K, V]{}}
}

// Add begins the delay of a key. A delay of the same key that is open is over.
func (r *Row[K, V]) Add(key K, v V, now time.Duration) {
	r.Cancel(key)
	e := &waiting[K, V]{key: key, value: v, due: now + r.wait}
	r.line = append(r.line, e)
	r.open[key] = e
}

// Cancel ends the delay of a key; false if there is none.
func (r *Row[K, V]) Cancel(key K) bool {
	e := r.open[key]
	if e == nil {
		return false
	}
	r.end(e)
	return true
}

// Len is the number of open delays.
func (r *Row[K, V]) Len() int { return len(r.open) }

// Next returns when the first open delay ends; false if none is open.
func (r *Row[K, V]) Next() (due time.Duration, ok bool) {
	r.skip()
	if r.first == len(r.line) {
		return 0, false
	}
	return r.line[r.first].due, true
}

// Pop takes out the first open delay; the caller knows that there is one.
func (r *Row[K, V]) Pop() (K, V) {
	r.skip()
	e := r.line[r.first]
	value := e.value
	r.end(e)
	r.skip()
	return e.key, value
}

// end takes an open delay out; its place in the line is passed over later.
func (r *Row[K, V]) end(e *waiting[K, V]) {
	var none V
	e.over, e.value = true, none
	delete(r.open, e.key)
}

// skip passes over what is over, and gives back the room now and then.
func (r *Row[K, V]) skip() {
	for r.first < len(r.line) && r.line[r.first].over {
		r.line[r.first] = nil
		r.first++
	}
	if r.first > len(r.line)/2 {
		r.line = append(r.line[:0:0], r.line[r.first:]...)
		r.first = 0
	}
}
