package wire

import "sync"

// executor runs the tasks of one driver several at a time. Tasks that share a
// key run one after the other, in the order of submission.
type executor struct {
	limit int

	mu      sync.Mutex
	last    map[string]*task // the latest unfinished task of each key
	ready   []*task
	running int
}

// task is a piece of work on some keys.
type task struct {
	run   func()
	keys  []string
	waits int     // tasks that come first
	next  []*task // tasks that wait for this one
}

func newExecutor(limit int) *executor {
	return &executor{limit: limit, last: make(map[string]*task)}
}

// addLocked takes the key for t, behind whoever has it.
func (e *executor) addLocked(t *task, key string) {
	if key == "" {
		return
	}
	before := e.last[key]
	if before == t {
		return
	}
	if before != nil {
		before.next = append(before.next, t)
		t.waits++
	}
	t.keys = append(t.keys, key)
	e.last[key] = t
}

// startLocked begins those tasks that need not wait. All keys were added.
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

// submit runs one task.
func (e *executor) submit(t *task, keys ...string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, key := range keys {
		e.addLocked(t, key)
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
	for _, key := range t.keys {
		if e.last[key] == t {
			delete(e.last, key)
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
