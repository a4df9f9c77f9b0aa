package sdk_test

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/jackfield/jackfield/sdk"
)

// A plugin in one file: driver "attic" of kind cache, in the memory of the
// process. main holds nothing but this call; build it as "attic", put it into the
// plugin directory, and set cache.driver to "attic".
func Example() {
	sdk.Serve(sdk.Plugin{
		Name:    "attic",
		Version: "1.0.0",
		Drivers: []sdk.Driver{sdk.CacheDriver("attic", openAttic)},
	})
}

// atticOptions stand under cache.attic in the server's configuration.
type atticOptions struct {
	TTL int64 `json:"ttl" jsonschema:"seconds for entries that name no lifetime"`
}

func (o *atticOptions) Defaults() { o.TTL = 300 }

// attic is a cache. The server calls it from several goroutines at once.
type attic struct {
	ttl time.Duration

	mu    sync.Mutex
	boxes map[string]box
}

type box struct {
	value []byte
	end   time.Time // zero: never
}

var _ sdk.Cache = (*attic)(nil)

func openAttic(_ context.Context, o atticOptions, env sdk.Env) (*attic, error) {
	if o.TTL < 1 {
		return nil, sdk.OptionErrors{{Path: "ttl", Problem: "must be at least 1"}}
	}
	env.Logger.Info("the attic is open", "ttl", o.TTL)
	return &attic{ttl: time.Duration(o.TTL) * time.Second, boxes: map[string]box{}}, nil
}

// box returns what is kept under key and still alive. a.mu is held.
func (a *attic) box(key string) (box, bool) {
	b, ok := a.boxes[key]
	if ok && !b.end.IsZero() && !time.Now().Before(b.end) {
		delete(a.boxes, key)
		return box{}, false
	}
	return b, ok
}

func (a *attic) Get(_ context.Context, key string) ([]byte, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	b, ok := a.box(key)
	if !ok {
		return nil, sdk.ErrNotFound
	}
	return slices.Clone(b.value), nil
}

func (a *attic) Set(_ context.Context, key string, value []byte, opts sdk.SetOptions) (bool, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, ok := a.box(key); ok && opts.IfAbsent {
		return false, nil
	}
	b := box{value: slices.Clone(value)}
	switch {
	case opts.TTL == 0:
		b.end = time.Now().Add(a.ttl)
	case opts.TTL != sdk.NoExpiry:
		b.end = time.Now().Add(opts.TTL)
	}
	a.boxes[key] = b
	return true, nil
}

func (a *attic) Delete(_ context.Context, key string) (bool, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	_, ok := a.box(key)
	delete(a.boxes, key)
	return ok, nil
}
