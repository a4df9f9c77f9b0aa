package replica

import (
	"slices"
	"time"
)

// dues are the deadlines of own values, in order: as all waits are of the same
// length most are added at the end. One that was taken back, or set anew, is
// passed over.
type dues struct{ line []due }

type due struct {
	o  *own
	at time.Duration
}

func (d *dues) add(o *own, at time.Duration) {
	o.deadline = at
	i := len(d.line)
	for i > 0 && d.line[i-1].at > at {
		i--
	}
	d.line = slices.Insert(d.line, i, due{o, at})
}

// skip passes over what was taken back.
func (d *dues) skip() {
	for len(d.line) > 0 && d.line[0].o.deadline != d.line[0].at {
		d.line = d.line[1:]
	}
	if len(d.line) == 0 {
		d.line = nil
	}
}

// first is the first deadline, 0 if there is none.
func (d *dues) first() time.Duration {
	d.skip()
	if len(d.line) == 0 {
		return 0
	}
	return d.line[0].at
}

// pop takes out the first value whose deadline has come, nil if there is none.
func (d *dues) pop(now time.Duration) *own {
	if at := d.first(); at == 0 || at > now {
		return nil
	}
	o := d.line[0].o
	d.line = d.line[1:]
	o.deadline = 0
	return o
}

// all takes out all.
func (d *dues) all() []*own {
	var all []*own
	for o := d.pop(1 << 62); o != nil; o = d.pop(1 << 62) {
		all = append(all, o)
	}
	return all
}
