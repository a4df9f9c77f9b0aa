package wire

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jackfield/jackfield/sdk/contract"
)

var modes = []Mode{Unary, Batch, Pipe}

// fullCache can do all, and notes what it was asked.
type fullCache struct {
	mapCache
	mu   sync.Mutex
	asks []string
}

func (c *fullCache) note(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asks = append(c.asks, fmt.Sprintf(format, args...))
}

func (c *fullCache) asked() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	asks := c.asks
	c.asks = nil
	return asks
}

func (c *fullCache) Increment(_ context.Context, key string, delta int64, ttl time.Duration, id string) (int64, error) {
	c.note("increment %s %d %v %s", key, delta, ttl, id)
	return 42 + delta, nil
}

func (c *fullCache) CompareAndSet(_ context.Context, key string, old, value []byte, ttl time.Duration) (bool, error) {
	c.note("cas %s %#v %#v %v", key, old, value, ttl)
	return true, nil
}

func (c *fullCache) Touch(_ context.Context, key string, ttl time.Duration) (bool, error) {
	c.note("touch %s %v", key, ttl)
	return true, nil
}

func (c *fullCache) TTL(_ context.Context, key string) (time.Duration, error) {
	if key == "absent" {
		return 0, contract.ErrNotFound
	}
	return contract.NoExpiry, nil
}

func (c *fullCache) Scan(_ context.Context, prefix, cursor string, limit int) ([]string, string, error) {
	c.note("scan %s %s %d", prefix, cursor, limit)
	return []string{"a", "broken\xff"}, "next", nil
}

func (c *fullCache) DeletePrefix(_ context.Context, prefix string) (int64, error) {
	if prefix == "" {
		return 0, contract.ErrInvalid
	}
	return 7, nil
}

func TestCacheRoundTrip(t *testing.T) {
	for _, mode := range modes {
		for _, inline := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s inline=%t", modeNames[mode], inline), func(t *testing.T) {
				driver := &fullCache{mapCache: mapCache{inline: inline}}
				cc, caps := connect(t, offer(contract.KindCache, driver))
				c := NewCache(cc, ClientOptions{Capabilities: caps, Mode: mode})
				defer func() { _ = c.Close() }()
				checkValues(t, c)
				checkAbilities(t, c, driver)
			})
		}
	}
}

func checkValues(t *testing.T, c *Cache) {
	ctx := within(t)
	if _, err := c.Get(ctx, "k"); !errors.Is(err, contract.ErrNotFound) {
		t.Errorf("get of an absent key: %v", err)
	}
	for _, value := range []string{"", "v", strings.Repeat("x", 1<<20)} {
		stored, err := c.Set(ctx, "k", []byte(value), contract.SetOptions{TTL: time.Second})
		if err != nil || !stored {
			t.Errorf("set: %t, %v", stored, err)
		}
		if got, err := c.Get(ctx, "k"); err != nil || got == nil || string(got) != value {
			t.Errorf("get: %d bytes, %v", len(got), err)
		}
	}
	if stored, err := c.Set(ctx, "k", nil, contract.SetOptions{IfAbsent: true}); err != nil || stored {
		t.Errorf("set if absent: %t, %v", stored, err)
	}
	values, errs := c.GetMany(ctx, []string{"k", "absent", "bad\xff"})
	if len(values[0]) != 1<<20 || errs[0] != nil || !errors.Is(errs[1], contract.ErrNotFound) || !errors.Is(errs[2], contract.ErrInvalid) {
		t.Errorf("get many: %d bytes, %v", len(values[0]), errs)
	}
	stored, errs := c.SetMany(ctx, []contract.CacheEntry{{Key: "a", Value: []byte("1")}, {Key: "a", Options: contract.SetOptions{IfAbsent: true}}})
	if diff := cmp.Diff([]bool{true, false}, stored); diff != "" || errors.Join(errs...) != nil {
		t.Errorf("set many: %v, %v", stored, errs)
	}
	if existed, err := c.Delete(ctx, "k"); err != nil || !existed {
		t.Errorf("delete: %t, %v", existed, err)
	}
	if existed, err := c.Delete(ctx, "k"); err != nil || existed {
		t.Errorf("delete again: %t, %v", existed, err)
	}
}

func checkAbilities(t *testing.T, c *Cache, driver *fullCache) {
	ctx := within(t)
	if n, err := c.Increment(ctx, "n", -2, contract.NoExpiry, "id"); err != nil || n != 40 {
		t.Errorf("increment: %d, %v", n, err)
	}
	for _, pair := range [][2][]byte{{nil, {}}, {{}, nil}, {[]byte("o"), []byte("v")}} {
		if ok, err := c.CompareAndSet(ctx, "c", pair[0], pair[1], time.Minute); err != nil || !ok {
			t.Errorf("compare and set: %t, %v", ok, err)
		}
	}
	if ok, err := c.Touch(ctx, "k", time.Second); err != nil || !ok {
		t.Errorf("touch: %t, %v", ok, err)
	}
	if ttl, err := c.TTL(ctx, "k"); err != nil || ttl != contract.NoExpiry {
		t.Errorf("ttl: %v, %v", ttl, err)
	}
	if _, err := c.TTL(ctx, "absent"); !errors.Is(err, contract.ErrNotFound) {
		t.Errorf("ttl of an absent key: %v", err)
	}
	keys, next, err := c.Scan(ctx, "p", "cur", 10)
	if diff := cmp.Diff([]string{"a", "broken\uFFFD"}, keys); err != nil || diff != "" || next != "next" {
		t.Errorf("scan: %v, %q, %v", keys, next, err)
	}
	if n, err := c.DeletePrefix(ctx, "p"); err != nil || n != 7 {
		t.Errorf("delete prefix: %d, %v", n, err)
	}
	if _, err := c.DeletePrefix(ctx, ""); !errors.Is(err, contract.ErrInvalid) {
		t.Errorf("delete prefix of nothing: %v", err)
	}
	want := []string{
		"increment n -2 -1ns id",
		"cas c []byte(nil) []byte{} 1m0s",
		"cas c []byte{} []byte(nil) 1m0s",
		"cas c []byte{0x6f} []byte{0x76} 1m0s",
		"touch k 1s",
		"scan p cur 10",
	}
	if diff := cmp.Diff(want, driver.asked()); diff != "" {
		t.Errorf("the driver was asked (-want +got):\n%s", diff)
	}
}

func TestCacheWithoutAbilities(t *testing.T) {
	cc, caps := connect(t, offer(contract.KindCache, &mapCache{}))
	if diff := cmp.Diff([]contract.Capability{contract.CapPipe}, caps); diff != "" {
		t.Errorf("capabilities (-want +got):\n%s", diff)
	}
	all := []contract.Capability{contract.CapCacheCAS, contract.CapCacheIncr, contract.CapCachePrefix, contract.CapCacheTouch}
	for _, claimed := range [][]contract.Capability{nil, all} {
		c := NewCache(cc, ClientOptions{Capabilities: claimed})
		_, incr := c.Increment(within(t), "k", 1, 0, "")
		_, cas := c.CompareAndSet(within(t), "k", nil, nil, 0)
		_, touch := c.Touch(within(t), "k", 0)
		_, ttl := c.TTL(within(t), "k")
		_, _, scan := c.Scan(within(t), "k", "", 1)
		_, del := c.DeletePrefix(within(t), "k")
		for _, err := range []error{incr, cas, touch, ttl, scan, del} {
			if !errors.Is(err, contract.ErrUnsupported) {
				t.Errorf("with %v claimed: %v, want ErrUnsupported", claimed, err)
			}
		}
		_ = c.Close()
	}
}

func TestLargestValue(t *testing.T) {
	for _, mode := range modes {
		cc, caps := connect(t, offer(contract.KindCache, &mapCache{}))
		c := NewCache(cc, ClientOptions{Capabilities: caps, Mode: mode})
		value := make([]byte, MaxMessage-1024)
		if _, err := c.Set(within(t), "k", value, contract.SetOptions{}); err != nil {
			t.Errorf("%s: set: %v", modeNames[mode], err)
		}
		if got, err := c.Get(within(t), "k"); err != nil || len(got) != len(value) {
			t.Errorf("%s: get: %d bytes, %v", modeNames[mode], len(got), err)
		}
		_ = c.Close()
	}
}

// hugeCache returns values that no message holds.
type hugeCache struct{ mapCache }

func (*hugeCache) Get(_ context.Context, key string) ([]byte, error) {
	if key == "huge" {
		return make([]byte, MaxMessage), nil
	}
	return make([]byte, MaxMessage/2), nil
}

func TestResultsThatDoNotFit(t *testing.T) {
	for _, mode := range modes {
		cc, caps := connect(t, offer(contract.KindCache, &hugeCache{}))
		c := NewCache(cc, ClientOptions{Capabilities: caps, Mode: mode})
		if _, err := c.Get(within(t), "huge"); !errors.Is(err, contract.ErrInternal) && !errors.Is(err, contract.ErrOverloaded) {
			t.Errorf("%s: %v", modeNames[mode], err)
		}
		_, errs := c.GetMany(within(t), []string{"1", "2", "3"})
		for _, err := range errs {
			if err != nil && (mode != Batch || !errors.Is(err, contract.ErrOverloaded)) {
				t.Errorf("%s: %v", modeNames[mode], err)
			}
		}
		_ = c.Close()
	}
}
