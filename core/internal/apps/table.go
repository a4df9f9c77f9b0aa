package apps

import (
	"hash/maphash"
	"maps"
	"sync"
	"sync/atomic"
)

const tableShards = 256

// table maps names to handles. Reading is one hash, one atomic load and one map
// access. Writing copies a 256th of the table, which is right for apps: they are
// read on every connect and change a few times a day.
type table struct {
	seed   maphash.Seed
	shards [tableShards]tableShard
	size   atomic.Int64
}

type tableShard struct {
	current atomic.Pointer[map[string]*Handle]
	mu      sync.Mutex // one writer at a time
}

func newTable() *table { return &table{seed: maphash.MakeSeed()} }

func (t *table) shard(name string) *tableShard {
	return &t.shards[maphash.String(t.seed, name)%tableShards]
}

// get returns the handle under name, or nil.
func (t *table) get(name string) *Handle {
	m := t.shard(name).current.Load()
	if m == nil {
		return nil
	}
	return (*m)[name]
}

// put stores h under name.
func (t *table) put(name string, h *Handle) {
	t.change(name, func(m map[string]*Handle) { m[name] = h })
}

// drop removes name if h stands there.
func (t *table) drop(name string, h *Handle) {
	t.change(name, func(m map[string]*Handle) {
		if m[name] == h {
			delete(m, name)
		}
	})
}

func (t *table) change(name string, edit func(map[string]*Handle)) {
	s := t.shard(name)
	s.mu.Lock()
	defer s.mu.Unlock()
	next := map[string]*Handle{}
	if m := s.current.Load(); m != nil {
		next = maps.Clone(*m)
	}
	before := len(next)
	edit(next)
	t.size.Add(int64(len(next) - before))
	s.current.Store(&next)
}

// each calls yield for all handles.
func (t *table) each(yield func(name string, h *Handle)) {
	for i := range t.shards {
		m := t.shards[i].current.Load()
		if m == nil {
			continue
		}
		for name, h := range *m {
			yield(name, h)
		}
	}
}
