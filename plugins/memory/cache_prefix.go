package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackfield/jackfield/sdk/contract"
)

var _ contract.CachePrefixer = (*cache)(nil)

// stride is how many slots are looked at under one hold of the lock.
const stride = 2048

// Scan looks at no more than some thousand entries per call, so a page may be
// short, or empty, although another follows. The cursor is a slot number.
func (c *cache) Scan(_ context.Context, prefix, cursor string, limit int) ([]string, string, error) {
	from, err := parseCursor(cursor)
	if err != nil {
		return nil, "", err
	}
	if limit < 1 {
		return nil, "", fmt.Errorf("%w: a page has at least 1 key, not %d", contract.ErrInvalid, limit)
	}
	now := c.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	var keys []string
	end := min(from+stride, len(c.lru.slots))
	for i := from; i < end; i++ {
		s := &c.lru.slots[i]
		if s.value == nil || s.ends <= now || !strings.HasPrefix(s.key, prefix) {
			continue
		}
		if len(keys) == limit {
			return keys, strconv.Itoa(i), nil
		}
		keys = append(keys, s.key)
	}
	if end == len(c.lru.slots) {
		return keys, "", nil
	}
	return keys, strconv.Itoa(end), nil
}

// parseCursor returns the slot at which a page begins. A cursor from before the
// table was emptied may lie behind its end; then nothing is left to scan.
func parseCursor(cursor string) (int, error) {
	if cursor == "" {
		return 1, nil
	}
	from, err := strconv.ParseInt(cursor, 10, 32)
	if err != nil || from < 1 {
		return 0, fmt.Errorf("%w: %q is no cursor of this cache", contract.ErrInvalid, cursor)
	}
	return int(from), nil
}

// DeletePrefix removes the keys that stand when it begins. It lets other calls
// in between, so a key stored meanwhile may or may not be removed.
func (c *cache) DeletePrefix(_ context.Context, prefix string) (int64, error) {
	if prefix == "" {
		return 0, fmt.Errorf("%w: an empty prefix would delete everything", contract.ErrInvalid)
	}
	var deleted int64
	for next := 1; next != 0; {
		n, after, err := c.deleteStride(prefix, next)
		if err != nil {
			return deleted, err
		}
		deleted, next = deleted+n, after
	}
	return deleted, nil
}

func (c *cache) deleteStride(prefix string, from int) (deleted int64, next int, err error) {
	now := c.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.frozen {
		return 0, 0, errFrozen
	}
	end := min(from+stride, len(c.lru.slots))
	for i := from; i < end; i++ {
		if s := &c.lru.slots[i]; s.value != nil && strings.HasPrefix(s.key, prefix) && c.lru.delete(s.key, now) {
			deleted++
		}
	}
	if end == len(c.lru.slots) {
		return deleted, 0, nil
	}
	return deleted, end, nil
}

// removeExpired goes through the table once.
func (c *cache) removeExpired() {
	for next := 1; next != 0; {
		next = c.expireStride(next)
	}
}

func (c *cache) expireStride(from int) (next int) {
	now := c.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.frozen {
		return 0
	}
	c.once.forget(now)
	return c.lru.sweep(from, stride, now)
}
