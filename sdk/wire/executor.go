package wire

import "sync"

// executor runs the tasks of one driver several at a time. Tasks that have a
// key in common run one after the other, in the order of submission, unless
// both only share it.
type executor struct {
	limit int

	mu      sync.Mutex
	keys    map[string]*hold // keys of unfinished tasks
	ready   []*task
	running int
}

// task is a piece of work on some keys. Its fields are guarded by the
// executor's mutex once it was submitted.
type task struct {
	run   func()
	owner any // the group that it is, if it is one
	holds []*hold
	waits int     // tasks that come first
	next  []*task // tasks that wait for this one
	done  bool
}

// hold is who has a key, or is next to have it: one task, or several that share.
type hold struct {
	key    string
	shared bool
	tasks  []*task
	open   int   // unfinished ones
	before *task // whom those that share wait for; may be nil or done
}

func newExecutor(limit int) *executor {
	return &executor{limit: limit, keys: make(map[string]*hold)}
}

// latest returns the task that last took the key, or nil if the key is free.
func (h *hold) latest() *task {
	if h == nil {
		return nil
	}
	return h.tasks[len(h.tasks)-1]
}

// ownerOf returns the group that last took the key, if it is one.
func (h *hold) ownerOf() any {
	if t := h.latest(); t != nil {
		return t.owner
	}
	return nil
}

// delays reports whether somebody new has to wait for the key.
func (h *hold) delays(shared bool) bool {
	return h != nil && (!shared || !h.shared || h.before != nil && !h.before.done)
}

// takeLocked takes a key for t, behind whoever has it.
func (e *executor) takeLocked(t *task, key string, shared bool) {
	h := e.keys[key]
	if key == "" || h.latest() == t {
		return
	}
	switch {
	case h == nil:
		h = e.holdLocked(key, shared, nil)
	case shared && h.shared:
		t.after(h.before)
	case shared:
		before := h.latest()
		t.after(before)
		h = e.holdLocked(key, true, before)
	default:
		for _, p := range h.tasks {
			t.after(p)
		}
		h = e.holdLocked(key, false, nil)
	}
	h.add(t)
}

func (e *executor) holdLocked(key string, shared bool, before *task) *hold {
	h := &hold{key: key, shared: shared, before: before}
	e.keys[key] = h
	return h
}

// add notes t, and forgets those that are done if they are many.
func (h *hold) add(t *task) {
	if len(h.tasks) > 2*h.open+16 {
		open := h.tasks[:0]
		for _, p := range h.tasks {
			if !p.done {
				open = append(open, p)
			}
		}
		clear(h.tasks[len(open):])
		h.tasks = open
	}
	h.tasks = append(h.tasks, t)
	h.open++
	t.holds = append(t.holds, h)
}

// after makes t wait for p, if there is such a task.
func (t *task) after(p *task) {
	if p != nil && !p.done {
		p.next = append(p.next, t)
		t.waits++
	}
}

// startLocked begins those tasks that need not wait. All their keys were taken.
func (e *executor) startLocked(tasks []*task) {
	for _, t := range tasks {
		if t.waits == 0 {
			e.ready = append(e.ready, t)
		}
	}
	for n := len(e.ready); n > 0 && e.running < e.limit; n-- {
		e.running++
		go e.work()
	}
}

// submit runs one task, which has its keys for itself.
func (e *executor) submit(t *task, keys ...string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, key := range keys {
		e.takeLocked(t, key, false)
	}
	e.startLocked([]*task{t})
}

func (e *executor) work() {
	for t := e.next(nil); t != nil; t = e.next(t) {
		t.run()
	}
}

// next finishes a task and returns another one, or nil: the worker ends.
func (e *executor) next(done *task) *task {
	e.mu.Lock()
	defer e.mu.Unlock()
	if done != nil {
		e.finishLocked(done)
	}
	if len(e.ready) == 0 {
		e.running--
		return nil
	}
	t := e.ready[0]
	e.ready[0] = nil
	e.ready = e.ready[1:]
	return t
}

func (e *executor) finishLocked(t *task) {
	t.done = true
	for _, h := range t.holds {
		if h.open--; h.open == 0 && e.keys[h.key] == h {
			delete(e.keys, h.key)
		}
	}
	var free []*task
	for _, n := range t.next {
		if n.waits--; n.waits == 0 {
			free = append(free, n)
		}
	}
	e.startLocked(free)
}
