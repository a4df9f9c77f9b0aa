package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/jackfield/jackfield/sdk/contract"
)

var _ contract.CachePrefixer = (*cache)(nil)

const (
	// scanCalls is how many commands a page may take.
	scanCalls = 16
	// scanCount bounds how many keys Redis looks at in one command.
	scanCount = 1000
)

// scanCursor is where a scan stands. Servers are visited in the order of their
// first slot.
type scanCursor struct {
	Slot   int      `json:"s"`           // a slot of the server
	Server string   `json:"a,omitempty"` // its address; another one begins anew
	Cursor uint64   `json:"c"`
	Left   []string `json:"k,omitempty"` // keys found that did not fit the page
}

// Scan looks at a bounded number of keys per call, so a page may be short, or
// empty, although another follows. A key may come twice.
func (c *cache) Scan(ctx context.Context, prefix, cursor string, limit int) ([]string, string, error) {
	at, err := parseCursor(cursor)
	if err != nil {
		return nil, "", err
	}
	if limit < 1 {
		return nil, "", fmt.Errorf("%w: a page has at least 1 key, not %d", contract.ErrInvalid, limit)
	}
	keys, more := at.Left, true
	if len(keys) < limit {
		err = c.do(ctx, again, func(ctx context.Context) error {
			try := at
			if keys, more, err = c.scanPage(ctx, prefix, &try, limit); err == nil {
				at = try
			}
			return err
		})
	}
	if err != nil {
		return nil, "", err
	}
	at.Left = keys[min(limit, len(keys)):]
	if !more && len(at.Left) == 0 {
		return keys, "", nil
	}
	if !more {
		at.Slot = slots // nothing but what is left
	}
	next, err := json.Marshal(at)
	return keys[:min(limit, len(keys))], string(next), err
}

func parseCursor(cursor string) (at scanCursor, err error) {
	if cursor == "" {
		return at, nil
	}
	if json.Unmarshal([]byte(cursor), &at) != nil || at.Slot < 0 || at.Slot > slots {
		return at, fmt.Errorf("%w: %q is no cursor of this cache", contract.ErrInvalid, cursor)
	}
	return at, nil
}

// scanPage goes on until the page is full, and reports whether there is more.
func (c *cache) scanPage(ctx context.Context, prefix string, at *scanCursor, limit int) (keys []string, more bool, err error) {
	keys = slices.Clone(at.Left)
	for range scanCalls {
		if len(keys) >= limit {
			return keys, true, nil
		}
		node, err := c.scanServer(ctx, at)
		if err != nil || node == nil {
			return keys, false, err
		}
		found, cursor, err := node.Scan(ctx, at.Cursor, pattern(c.prefix+prefix), int64(min(max(limit, 10), scanCount))).Result()
		if err != nil {
			return nil, false, err
		}
		keys = append(keys, c.own(found)...)
		if at.Cursor = cursor; cursor == 0 {
			more, err := c.nextServer(ctx, at)
			if err != nil || !more {
				return keys, false, err
			}
		}
	}
	return keys, true, nil
}

// own strips the prefix and leaves the driver's own keys out.
func (c *cache) own(found []string) []string {
	keys := found[:0]
	for _, k := range found {
		if k = strings.TrimPrefix(k, c.prefix); !strings.HasPrefix(k, reserved) {
			keys = append(keys, k)
		}
	}
	return keys
}

// scanServer returns the server on which the scan goes on, nil at its end.
func (c *cache) scanServer(ctx context.Context, at *scanCursor) (*redis.Client, error) {
	if at.Slot >= slots {
		return nil, nil
	}
	cluster, ok := c.UniversalClient.(*redis.ClusterClient)
	if !ok {
		return c.UniversalClient.(*redis.Client), nil
	}
	node, err := cluster.MasterForKey(ctx, tagOf(at.Slot))
	if err != nil {
		return nil, err
	}
	if at.Server != node.Options().Addr {
		at.Server, at.Cursor = node.Options().Addr, 0
	}
	return node, nil
}

// nextServer moves the scan on to the next server, if there is one.
func (c *cache) nextServer(ctx context.Context, at *scanCursor) (bool, error) {
	cluster, ok := c.UniversalClient.(*redis.ClusterClient)
	if !ok {
		return false, nil
	}
	ranges, err := cluster.ClusterSlots(ctx).Result()
	if err != nil {
		return false, err
	}
	next := slots
	for _, first := range firstSlots(ranges) {
		if first > at.Slot {
			next = min(next, first)
		}
	}
	at.Slot, at.Server, at.Cursor = next, "", 0
	return next < slots, nil
}

// firstSlots returns the first slot of each server.
func firstSlots(ranges []redis.ClusterSlot) map[string]int {
	first := make(map[string]int)
	for _, r := range ranges {
		if len(r.Nodes) == 0 {
			continue
		}
		if s, known := first[r.Nodes[0].Addr]; !known || r.Start < s {
			first[r.Nodes[0].Addr] = r.Start
		}
	}
	return first
}

// pattern matches the keys that begin with prefix.
func pattern(prefix string) string { return escaper.Replace(prefix) + "*" }

var escaper = strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`, `]`, `\]`)

// DeletePrefix removes the keys that stand when it begins, on every server. A
// key stored meanwhile may or may not be removed.
func (c *cache) DeletePrefix(ctx context.Context, prefix string) (int64, error) {
	if prefix == "" {
		return 0, fmt.Errorf("%w: an empty prefix would delete everything", contract.ErrInvalid)
	}
	var deleted int64
	for cursor := ""; ; {
		keys, next, err := c.Scan(ctx, prefix, cursor, scanCount)
		if err != nil {
			return deleted, err
		}
		n, err := c.deleteAll(ctx, keys)
		deleted += n
		if err != nil || next == "" {
			return deleted, err
		}
		cursor = next
	}
}

// deleteAll removes keys in a pipeline.
func (c *cache) deleteAll(ctx context.Context, keys []string) (n int64, err error) {
	cmds := make([]*redis.IntCmd, len(keys))
	errs := c.doMany(ctx, len(keys), func(int) repeatable { return again }, func(ctx context.Context, i int) redis.Cmder {
		cmds[i] = redis.NewIntCmd(ctx, "unlink", c.prefix+keys[i])
		return cmds[i]
	})
	for _, cmd := range cmds {
		n += cmd.Val()
	}
	return n, errors.Join(errs...)
}
