package main

import (
	"context"
	"slices"
	"time"

	"github.com/jackfield/jackfield/sdk/cacherules"
	"github.com/jackfield/jackfield/sdk/contract"
)

var _ contract.StateMover = (*cache)(nil)

// cacheChunk is a part of a cache's state: entries from the oldest use to the
// newest, and the increments of the last minute.
type cacheChunk struct {
	Entries []movedEntry `json:"entries,omitempty"`
	Once    []movedOnce  `json:"once,omitempty"`
}

type movedEntry struct {
	Key   string        `json:"key"`
	Value []byte        `json:"value"`
	Left  time.Duration `json:"left"` // NoExpiry, or time left
}

type movedOnce struct {
	ID     string        `json:"id"`
	Result int64         `json:"result"`
	Left   time.Duration `json:"left"`
}

// Export gives all entries that are in their time. Meanwhile whatever would
// change an entry fails with ErrUnavailable; reading goes on.
func (c *cache) Export(ctx context.Context, yield func(chunk []byte) error) error {
	order, err := c.freeze()
	if err != nil {
		return err
	}
	defer c.thaw()
	p := &packer[cacheChunk]{yield: yield}
	for part := range slices.Chunk(order, stride) {
		if err := ctx.Err(); err != nil {
			return err
		}
		for _, e := range c.movedEntries(part) {
			p.chunk.Entries = append(p.chunk.Entries, e)
			if err := p.grow(len(e.Key) + len(e.Value)*4/3 + 50); err != nil {
				return err
			}
		}
	}
	for _, o := range c.movedOnce() {
		p.chunk.Once = append(p.chunk.Once, o)
		if err := p.grow(len(o.ID) + 60); err != nil {
			return err
		}
	}
	return p.flush()
}

// freeze stops all changes and returns the slots from the oldest use to the newest.
func (c *cache) freeze() ([]int32, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.frozen {
		return nil, errExporting
	}
	c.frozen = true
	order := make([]int32, 0, c.lru.len())
	for i := c.lru.slots[0].newer; i != 0; i = c.lru.slots[i].newer {
		order = append(order, i)
	}
	return order, nil
}

func (c *cache) thaw() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.frozen = false
}

// movedEntries returns the entries of some slots. A read may have removed one
// that was past its time.
func (c *cache) movedEntries(order []int32) []movedEntry {
	now := c.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	entries := make([]movedEntry, 0, len(order))
	for _, i := range order {
		if s := &c.lru.slots[i]; s.value != nil && s.ends > now {
			entries = append(entries, movedEntry{s.key, s.value, s.left(now)})
		}
	}
	return entries
}

func (c *cache) movedOnce() []movedOnce {
	now := c.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	var moved []movedOnce
	for _, o := range c.once.order.all() {
		if o.ends > now {
			moved = append(moved, movedOnce{o.id, c.once.results[o.id], o.ends - now})
		}
	}
	return moved
}

// Import stores the entries of a predecessor; they replace present ones.
func (c *cache) Import(_ context.Context, chunk []byte) error {
	state, err := unpack[cacheChunk](chunk)
	if err != nil {
		return err
	}
	now := c.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range state.Entries {
		if err := cacherules.Check(e.Key, e.Value, e.Left); err != nil {
			return err
		}
		c.lru.put(e.Key, own(e.Value), c.ends(e.Left, now))
	}
	for _, o := range state.Once {
		c.once.forget(now)
		c.once.remember(o.ID, o.Result, now+min(o.Left, onceTTL))
	}
	return nil
}
