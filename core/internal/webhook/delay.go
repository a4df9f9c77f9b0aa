package webhook

import "time"

// fact names what comes and goes: a channel, or a user in it.
type fact struct {
	app, channel, user string
}

// delays holds what is to happen one fixed time after it was added. As the time
// is the same for all, what was added first is due first: a list is enough, and
// one that was cancelled is passed over when its turn comes. Not safe for
// concurrent use; now is any monotonic clock.
type delays[V any] struct {
	wait  time.Duration
	line  []*delayed[V]
	first int // of line; those before are gone
	open  map[fact]*delayed[V]
}

type delayed[V any] struct {
	fact  fact
	value V
	due   time.Duration
	over  bool
}

func newDelays[V any](wait time.Duration) *delays[V] {
	return &delays[V]{wait: wait, open: map[fact]*delayed[V]{}}
}

// add begins the delay of a fact. A delay of the same fact that is open is over.
func (d *delays[V]) add(f fact, v V, now time.Duration) {
	d.cancel(f)
	e := &delayed[V]{fact: f, value: v, due: now + d.wait}
	d.line = append(d.line, e)
	d.open[f] = e
}

// cancel ends the delay of a fact; false if there is none.
func (d *delays[V]) cancel(f fact) bool {
	e := d.open[f]
	if e == nil {
		return false
	}
	e.over = true
	delete(d.open, f)
	return true
}

// len is the number of open delays.
func (d *delays[V]) len() int { return len(d.open) }

// next returns when the first open delay ends; false if none is open.
func (d *delays[V]) next() (due time.Duration, ok bool) {
	d.skip()
	if d.first == len(d.line) {
		return 0, false
	}
	return d.line[d.first].due, true
}

// pop takes out the first open delay; the caller knows that there is one.
func (d *delays[V]) pop() (fact, V) {
	d.skip()
	e := d.line[d.first]
	e.over = true
	delete(d.open, e.fact)
	d.skip()
	return e.fact, e.value
}

// skip passes over what is over, and gives back the room now and then.
func (d *delays[V]) skip() {
	for d.first < len(d.line) && d.line[d.first].over {
		d.line[d.first] = nil
		d.first++
	}
	if d.first > len(d.line)/2 {
		d.line = append(d.line[:0:0], d.line[d.first:]...)
		d.first = 0
	}
}
