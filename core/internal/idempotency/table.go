package idempotency

import (
	"container/list"
	"context"
	"sync"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// The local table holds at most this much.
const (
	tableEntries = 100_000
	tableBytes   = 16 << 20
)

// table is a small cache in memory. What was stored first leaves first.
type table struct {
	most, mostBytes int

	mu      sync.Mutex
	entries map[string]*list.Element
	order   list.List // of *entry
	bytes   int
}

type entry struct {
	key   string
	value []byte
	until time.Time
}

var _ contract.Cache = (*table)(nil)

func newTable(entries, bytes int) *table {
	return &table{most: entries, mostBytes: bytes, entries: map[string]*list.Element{}}
}

// find returns a living entry. mu is held.
func (t *table) find(key string) *entry {
	el, ok := t.entries[key]
	if !ok {
		return nil
	}
	e := el.Value.(*entry)
	if !time.Now().Before(e.until) {
		t.remove(el)
		return nil
	}
	return e
}

func (t *table) has(key string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.find(key) != nil
}

// Get is that of contract.Cache.
func (t *table) Get(_ context.Context, key string) ([]byte, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	e := t.find(key)
	if e == nil {
		return nil, contract.ErrNotFound
	}
	return e.value, nil
}

// Set is that of contract.Cache.
func (t *table) Set(_ context.Context, key string, value []byte, opts contract.SetOptions) (bool, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.find(key) != nil {
		if opts.IfAbsent {
			return false, nil
		}
		t.remove(t.entries[key])
	}
	e := &entry{key, value, time.Now().Add(opts.TTL)}
	t.entries[key] = t.order.PushBack(e)
	t.bytes += e.size()
	for front := t.order.Front(); front.Value != e && t.crowded(front.Value.(*entry)); front = t.order.Front() {
		t.remove(front)
	}
	return true, nil
}

// crowded reports whether the oldest entry has to go. mu is held.
func (t *table) crowded(oldest *entry) bool {
	return t.order.Len() > t.most || t.bytes > t.mostBytes || !time.Now().Before(oldest.until)
}

// Delete is that of contract.Cache.
func (t *table) Delete(_ context.Context, key string) (bool, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.find(key) == nil {
		return false, nil
	}
	t.remove(t.entries[key])
	return true, nil
}

// remove takes an entry out. mu is held.
func (t *table) remove(el *list.Element) {
	e := t.order.Remove(el).(*entry)
	delete(t.entries, e.key)
	t.bytes -= e.size()
}

func (e *entry) size() int { return len(e.key) + len(e.value) }
