package lastevent

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// markCache keeps marks, or fails.
type markCache struct {
	contract.Cache
	mu    sync.Mutex
	marks map[string]bool
	err   error
}

func (c *markCache) Set(_ context.Context, key string, _ []byte, o contract.SetOptions) (bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil || !o.IfAbsent || o.TTL != time.Second || c.marks[key] {
		return false, c.err
	}
	c.marks[key] = true
	return true, nil
}

func TestAMissOfSeveralNodesIsToldOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cache := &markCache{marks: map[string]bool{}}
		var mu sync.Mutex
		told := map[string]int{}
		tell := func(app, channel string) {
			mu.Lock()
			defer mu.Unlock()
			told[app+"/"+channel]++
		}
		wanted := func(app string) bool { return app != "deaf" }
		nodes := []func(string, string){Once(cache, time.Second, wanted, tell), Once(cache, time.Second, wanted, tell)}
		for _, missed := range nodes {
			missed("a", "cache-x")
			missed("a", "cache-y")
			missed("deaf", "cache-x")
		}
		synctest.Wait()
		if told["a/cache-x"] != 1 || told["a/cache-y"] != 1 || told["deaf/cache-x"] != 0 {
			t.Errorf("told %v", told)
		}
		cache.err = errors.New("away")
		nodes[1]("a", "cache-x")
		synctest.Wait()
		if told["a/cache-x"] != 2 {
			t.Errorf("told %v while the cache is away", told)
		}
	})
}
