package wire

// lanes is the queue of operations that were not yet sent: one lane per app,
// served in turn, one operation each.
type lanes[O, R any] struct {
	byApp map[string]*lane[O, R]
	turn  *lane[O, R] // next to serve; the lanes form a ring
	bytes int
	count int
	spare *lane[O, R]
}

type lane[O, R any] struct {
	app         string
	first, last *call[O, R]
	left, right *lane[O, R]
}

func (l *lanes[O, R]) push(c *call[O, R]) {
	ln := l.byApp[c.app]
	if ln == nil {
		ln = l.add(c.app)
	}
	c.prev, c.next = ln.last, nil
	if ln.last == nil {
		ln.first = c
	} else {
		ln.last.next = c
	}
	ln.last = c
	c.state = callQueued
	l.bytes += c.size
	l.count++
}

// peek returns the operation whose turn it is, or nil.
func (l *lanes[O, R]) peek() *call[O, R] {
	if l.turn == nil {
		return nil
	}
	return l.turn.first
}

// pop removes what peek returned and passes the turn on.
func (l *lanes[O, R]) pop() {
	ln := l.turn
	l.turn = ln.right
	l.remove(ln.first)
}

// remove takes a queued operation out, wherever it stands.
func (l *lanes[O, R]) remove(c *call[O, R]) {
	ln := l.byApp[c.app]
	if c.prev == nil {
		ln.first = c.next
	} else {
		c.prev.next = c.next
	}
	if c.next == nil {
		ln.last = c.prev
	} else {
		c.next.prev = c.prev
	}
	c.prev, c.next, c.state = nil, nil, callIdle
	l.bytes -= c.size
	l.count--
	if ln.first == nil {
		l.drop(ln)
	}
}

// add puts a new lane at the end of the round.
func (l *lanes[O, R]) add(app string) *lane[O, R] {
	ln := l.spare
	if ln == nil {
		ln = new(lane[O, R])
	}
	l.spare = nil
	ln.app = app
	if l.turn == nil {
		ln.left, ln.right, l.turn = ln, ln, ln
	} else {
		ln.right, ln.left = l.turn, l.turn.left
		ln.left.right, ln.right.left = ln, ln
	}
	if l.byApp == nil {
		l.byApp = make(map[string]*lane[O, R])
	}
	l.byApp[app] = ln
	return ln
}

func (l *lanes[O, R]) drop(ln *lane[O, R]) {
	delete(l.byApp, ln.app)
	if l.turn == ln {
		l.turn = ln.right
	}
	if ln.right == ln {
		l.turn = nil
	}
	ln.left.right, ln.right.left = ln.right, ln.left
	*ln = lane[O, R]{}
	l.spare = ln
}
