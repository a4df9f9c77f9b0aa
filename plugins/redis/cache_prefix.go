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

// scanCursor is where a scan stands. Servers are visited one after the other.
type scanCursor struct {
	Done   []string `json:"d,omitempty"` // servers that were visited
	Server string   `json:"a,omitempty"` // the present one; "" is the next
	Slot   int      `json:"s,omitempty"` // a slot that it has
	Cursor uint64   `json:"c,omitempty"`
	End    bool     `json:"e,omitempty"` // nothing more but what is left
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
	at.End = !more
	next, err := json.Marshal(at)
	return keys[:min(limit, len(keys))], string(next), err
}

func parseCursor(cursor string) (at scanCursor, err error) {
	if cursor == "" {
		return at, nil
	}
	if json.Unmarshal([]byte(cursor), &at) != nil || at.Slot < 0 || at.Slot >= slots {
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
			at.Done, at.Server = append(slices.Clip(at.Done), at.Server), ""
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

// scanServer returns the server on which the scan goes on, nil at its end. A
// server that is no master any more is left; its successor is a new one.
func (c *cache) scanServer(ctx context.Context, at *scanCursor) (*redis.Client, error) {
	if at.End {
		return nil, nil
	}
	cluster, ok := c.UniversalClient.(*redis.ClusterClient)
	if !ok {
		if len(at.Done) > 0 {
			return nil, nil
		}
		return c.UniversalClient.(*redis.Client), nil
	}
	if node, err := cluster.MasterForKey(ctx, tagOf(at.Slot)); err != nil || at.Server != "" && node.Options().Addr == at.Server {
		return node, err
	}
	for slot := range slots {
		node, err := cluster.MasterForKey(ctx, tagOf(slot))
		if err != nil {
			return nil, err
		}
		if address := node.Options().Addr; !slices.Contains(at.Done, address) {
			at.Server, at.Slot, at.Cursor = address, slot, 0
			return node, nil
		}
	}
	return nil, nil
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
