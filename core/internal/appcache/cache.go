package appcache

import (
	"context"
	"crypto/cipher"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/jackfield/jackfield/sdk/contract"
)

// Options of a Cache. All but Secret are required.
type Options struct {
	Cache contract.Cache
	// Secret is what the key that seals records is derived from; "" seals nothing.
	Secret contract.Secret
	// TTL is how long a record is believed.
	TTL time.Duration
	// Timeout bounds one look-up and one write.
	Timeout time.Duration
	// Logger learns of records that cannot be opened.
	Logger hclog.Logger
}

// Cache keeps copies of apps.
type Cache struct {
	opts    Options
	seal    cipher.AEAD // nil without Secret
	strange sync.Once   // tells of the first record that cannot be opened

	jobs    chan job
	dropped atomic.Uint64
	plain   atomic.Bool // the driver cannot compare and set
	stop    context.CancelFunc
	wg      sync.WaitGroup
}

// New returns a Cache that does not write yet.
func New(opts Options) *Cache {
	return &Cache{opts: opts, seal: newSeal(opts.Secret), jobs: make(chan job, maxJobs)}
}

// Seals reports whether records hold whole apps, so that Find can find any.
func (c *Cache) Seals() bool { return c.seal != nil }

func keyOfApp(id string) string { return "app:" + id }

func keyOfKey(key string) string { return "app_key:" + key }

// Find returns the copy of the app with this id, or public key, and how long it
// may be believed. false means to ask the store.
func (c *Cache) Find(ctx context.Context, name string, byKey bool) (app *contract.App, good time.Duration, ok bool) {
	if !c.Seals() {
		return nil, 0, false
	}
	ctx, cancel := context.WithTimeout(ctx, c.opts.Timeout)
	defer cancel()
	id := name
	if byKey {
		value, err := c.opts.Cache.Get(ctx, keyOfKey(name))
		if err != nil {
			return nil, 0, false
		}
		id = string(value)
	}
	app = c.read(ctx, id)
	if app == nil || byKey && app.Key != name {
		return nil, 0, false
	}
	good, err := c.left(ctx, keyOfApp(id))
	return app, good, err == nil
}

// read returns the app of a record, or nil.
func (c *Cache) read(ctx context.Context, id string) *contract.App {
	value, err := c.opts.Cache.Get(ctx, keyOfApp(id))
	if err != nil {
		return nil
	}
	r := decode(value)
	if r.Gone || len(r.Sealed) == 0 {
		return nil
	}
	app, err := open(c.seal, id, r.Sealed)
	if err != nil {
		c.strange.Do(func() {
			c.opts.Logger.Warn("an app in the shared cache cannot be opened and is asked of the store; "+
				"app_manager.cache.encryption_key must be the same on all nodes", "app", id)
		})
		return nil
	}
	return app
}

// left is the time that a record has left; all of it if the cache cannot tell.
func (c *Cache) left(ctx context.Context, key string) (time.Duration, error) {
	toucher, ok := c.opts.Cache.(contract.CacheToucher)
	if !ok {
		return c.opts.TTL, nil
	}
	left, err := toucher.TTL(ctx, key)
	switch {
	case errors.Is(err, contract.ErrUnsupported), left == contract.NoExpiry:
		return c.opts.TTL, nil
	}
	return left, err
}
