package delay

import (
	"container/list"
	"sync"
	"time"
)

// Line is a row of functions that wait for the same time each. All methods may
// be called at the same time.
type Line struct {
	delay time.Duration

	mu      sync.Mutex
	row     list.List // of *Ticket, next first
	timer   *time.Timer
	running bool
	stopped bool
}

// Ticket is a place in a Line.
type Ticket struct {
	line    *Line
	due     time.Time
	do      func()
	element *list.Element // nil: called, called off, or never to be called
}

// New returns a line in which functions wait for d.
func New(d time.Duration) *Line { return &Line{delay: d} }

// After has do called when the delay of the line is over. After Stop it does nothing.
func (l *Line) After(do func()) *Ticket {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := &Ticket{line: l, due: time.Now().Add(l.delay), do: do}
	if l.stopped {
		return t
	}
	t.element = l.row.PushBack(t)
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
	if t.element == nil {
		return false
	}
	t.line.row.Remove(t.element)
	t.element = nil
	return true
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
	for e := l.row.Front(); e != nil; e = e.Next() {
		e.Value.(*Ticket).element = nil
	}
	l.row.Init()
	if l.timer != nil {
		l.timer.Stop()
	}
}

// arm sets the timer for the head. mu is held.
func (l *Line) arm() {
	wait := time.Until(l.row.Front().Value.(*Ticket).due)
	if l.timer == nil {
		l.timer = time.AfterFunc(wait, l.run)
		return
	}
	l.timer.Reset(wait)
}

// run calls what is due.
func (l *Line) run() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.running = true
	for e := l.row.Front(); e != nil && !e.Value.(*Ticket).due.After(time.Now()); e = l.row.Front() {
		t := e.Value.(*Ticket)
		l.row.Remove(e)
		t.element = nil
		l.mu.Unlock()
		t.do()
		l.mu.Lock()
	}
	l.running = false
	if l.row.Len() > 0 {
		l.arm()
	}
}
