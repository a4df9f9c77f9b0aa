package delay

import (
	"sync"
	"time"
)

// Line calls functions after a fixed time. All methods may be called at the same time.
type Line struct {
	start time.Time // of its clock

	mu      sync.Mutex
	row     *Row[*Ticket, func()]
	timer   *time.Timer
	running bool
	stopped bool
}

// Ticket is a place in a Line.
type Ticket struct{ line *Line }

// New returns a line in which functions wait for d.
func New(d time.Duration) *Line { return &Line{start: time.Now(), row: NewRow[*Ticket, func()](d)} }

func (l *Line) now() time.Duration { return time.Since(l.start) }

// After has do called when the delay of the line is over. After Stop it does nothing.
func (l *Line) After(do func()) *Ticket {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := &Ticket{l}
	if l.stopped {
		return t
	}
	l.row.Add(t, do, l.now())
	if l.row.Len() == 1 && !l.running {
		l.arm()
	}
	return t
}

// CallOff reports whether it came in time: the function was not called and will
// not be.
func (t *Ticket) CallOff() bool {
	t.line.mu.Lock()
	defer t.line.mu.Unlock()
	return t.line.row.Cancel(t)
}

// Len is the number of functions that wait.
func (l *Line) Len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.row.Len()
}

// Stop calls all off. It does not wait for a function that runs.
func (l *Line) Stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stopped = true
	for l.row.Len() > 0 {
		l.row.Pop()
	}
	if l.timer != nil {
		l.timer.Stop()
	}
}

// arm sets the timer for the first function, if there is one. mu is held.
func (l *Line) arm() {
	due, ok := l.row.Next()
	switch wait := due - l.now(); {
	case !ok:
	case l.timer == nil:
		l.timer = time.AfterFunc(wait, l.run)
	default:
		l.timer.Reset(wait)
	}
}

// run calls what is due.
func (l *Line) run() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.running = true
	for due, ok := l.row.Next(); ok && due <= l.now(); due, ok = l.row.Next() {
		_, do := l.row.Pop()
		l.mu.Unlock()
		do()
		l.mu.Lock()
	}
	l.running = false
	l.arm()
}
