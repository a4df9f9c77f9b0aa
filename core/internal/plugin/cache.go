package plugin

import (
	"context"
	"errors"
	"time"

	"google.golang.org/grpc"

	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/wire"
)

// cacheClients are two clients of one cache with different time limits: a limit
// per client costs less than one per operation.
type cacheClients struct {
	quick, patient *wire.Cache
}

// of returns the client for ctx.
func (c *cacheClients) of(ctx context.Context) *wire.Cache {
	if isPatient(ctx) {
		return c.patient
	}
	return c.quick
}

func (c *cacheClients) close() error { return errors.Join(c.quick.Close(), c.patient.Close()) }

type patientKey struct{}

// Patient returns a context whose cache operations may take 500 ms instead of
// 100: for the write of a cache channel's event, on which a publisher waits.
func Patient(ctx context.Context) context.Context {
	return context.WithValue(ctx, patientKey{}, true)
}

func isPatient(ctx context.Context) bool { return ctx.Value(patientKey{}) != nil }

// cache is the cache behind the plugin. Its errors are for the caller to treat
// as misses.
type cache struct {
	slot *slot[*cacheClients]
}

var (
	_ contract.Cache         = (*cache)(nil)
	_ contract.CacheCounter  = (*cache)(nil)
	_ contract.CacheSwapper  = (*cache)(nil)
	_ contract.CacheToucher  = (*cache)(nil)
	_ contract.CachePrefixer = (*cache)(nil)
	_ contract.CacheBatcher  = (*cache)(nil)
)

func newCache(driver string, o *Options) *cache {
	return &cache{slot: newSlot(contract.KindCache, driver, cacheTimeout, o,
		func(cc grpc.ClientConnInterface, caps []contract.Capability) (*cacheClients, func() error) {
			c := &cacheClients{
				quick:   wire.NewCache(cc, wire.ClientOptions{Capabilities: caps, Timeout: cacheTimeout}),
				patient: wire.NewCache(cc, wire.ClientOptions{Capabilities: caps, Timeout: cacheWriteTimeout}),
			}
			return c, c.close
		})}
}

// cacheMethod returns the method with the time limit that ctx asks for.
func cacheMethod(ctx context.Context, id methodID, repeatable bool) method {
	m := method{id: id, repeatable: repeatable}
	if isPatient(ctx) {
		m.timeout = cacheWriteTimeout
	}
	return m
}

func (c *cache) Get(ctx context.Context, key string) ([]byte, error) {
	return do(ctx, c.slot, cacheMethod(ctx, methodGet, true),
		func(ctx context.Context, cs *cacheClients) ([]byte, error) { return cs.of(ctx).Get(ctx, key) })
}

func (c *cache) Set(ctx context.Context, key string, value []byte, opts contract.SetOptions) (bool, error) {
	return do(ctx, c.slot, cacheMethod(ctx, methodSet, !opts.IfAbsent),
		func(ctx context.Context, cs *cacheClients) (bool, error) {
			return cs.of(ctx).Set(ctx, key, value, opts)
		})
}

func (c *cache) Delete(ctx context.Context, key string) (bool, error) {
	return do(ctx, c.slot, cacheMethod(ctx, methodDelete, true),
		func(ctx context.Context, cs *cacheClients) (bool, error) { return cs.of(ctx).Delete(ctx, key) })
}

func (c *cache) Increment(ctx context.Context, key string, delta int64, ttl time.Duration, id string) (int64, error) {
	return do(ctx, c.slot, cacheMethod(ctx, methodIncrement, id != ""),
		func(ctx context.Context, cs *cacheClients) (int64, error) {
			return cs.of(ctx).Increment(ctx, key, delta, ttl, id)
		})
}

func (c *cache) CompareAndSet(ctx context.Context, key string, old, value []byte, ttl time.Duration) (bool, error) {
	return do(ctx, c.slot, cacheMethod(ctx, methodCompareAndSet, false),
		func(ctx context.Context, cs *cacheClients) (bool, error) {
			return cs.of(ctx).CompareAndSet(ctx, key, old, value, ttl)
		})
}

func (c *cache) Touch(ctx context.Context, key string, ttl time.Duration) (bool, error) {
	return do(ctx, c.slot, cacheMethod(ctx, methodTouch, true),
		func(ctx context.Context, cs *cacheClients) (bool, error) { return cs.of(ctx).Touch(ctx, key, ttl) })
}

func (c *cache) TTL(ctx context.Context, key string) (time.Duration, error) {
	return do(ctx, c.slot, cacheMethod(ctx, methodTTL, true),
		func(ctx context.Context, cs *cacheClients) (time.Duration, error) { return cs.of(ctx).TTL(ctx, key) })
}

func (c *cache) Scan(ctx context.Context, prefix, cursor string, limit int) ([]string, string, error) {
	type page struct {
		keys []string
		next string
	}
	p, err := do(ctx, c.slot, cacheMethod(ctx, methodScan, true),
		func(ctx context.Context, cs *cacheClients) (page, error) {
			keys, next, err := cs.of(ctx).Scan(ctx, prefix, cursor, limit)
			return page{keys, next}, err
		})
	return p.keys, p.next, err
}

func (c *cache) DeletePrefix(ctx context.Context, prefix string) (int64, error) {
	return do(ctx, c.slot, cacheMethod(ctx, methodDeletePrefix, true),
		func(ctx context.Context, cs *cacheClients) (int64, error) {
			return cs.of(ctx).DeletePrefix(ctx, prefix)
		})
}

func (c *cache) GetMany(ctx context.Context, keys []string) ([][]byte, []error) {
	type found struct {
		values [][]byte
		errs   []error
	}
	f, err := do(ctx, c.slot, cacheMethod(ctx, methodGetMany, true),
		func(ctx context.Context, cs *cacheClients) (found, error) {
			values, errs := cs.of(ctx).GetMany(ctx, keys)
			return found{values, errs}, transportError(errs)
		})
	if f.errs == nil {
		return make([][]byte, len(keys)), repeatError(err, len(keys))
	}
	return f.values, f.errs
}

func (c *cache) SetMany(ctx context.Context, entries []contract.CacheEntry) ([]bool, []error) {
	type stored struct {
		stored []bool
		errs   []error
	}
	s, err := do(ctx, c.slot, cacheMethod(ctx, methodSetMany, false),
		func(ctx context.Context, cs *cacheClients) (stored, error) {
			done, errs := cs.of(ctx).SetMany(ctx, entries)
			return stored{done, errs}, transportError(errs)
		})
	if s.errs == nil {
		return make([]bool, len(entries)), repeatError(err, len(entries))
	}
	return s.stored, s.errs
}

// transportError picks from the results of a batch an error that speaks about
// the plugin rather than about one entry.
func transportError(errs []error) error {
	for _, err := range errs {
		if errors.Is(err, contract.ErrGone) || errors.Is(err, contract.ErrTimeout) || errors.Is(err, contract.ErrInternal) {
			return err
		}
	}
	return nil
}

// repeatError is the result of a batch that was not made at all.
func repeatError(err error, n int) []error {
	errs := make([]error, n)
	for i := range errs {
		errs[i] = err
	}
	return errs
}
