package wire

import (
	"context"
	"time"

	"google.golang.org/grpc"

	"github.com/jackfield/jackfield/sdk/contract"
	pb "github.com/jackfield/jackfield/sdk/wire/backendv1"
)

// Cache is the client of a cache driver.
type Cache struct {
	opts ClientOptions
	x    exchange[pb.CacheOp, pb.CacheResult]
	pool callPool[cacheCall]
}

var _ interface {
	contract.Cache
	contract.CacheCounter
	contract.CacheSwapper
	contract.CacheToucher
	contract.CachePrefixer
	contract.CacheBatcher
} = (*Cache)(nil)

// NewCache returns a client of the cache that the plugin behind cc has open.
func NewCache(cc grpc.ClientConnInterface, opts ClientOptions) *Cache {
	api := pb.NewCacheClient(cc)
	return &Cache{opts: opts, x: newExchange[pb.CacheOp, pb.CacheResult](opts, service[pb.CacheOp, pb.CacheResult]{
		header: func(op *pb.CacheOp, id uint64, ms int64) { op.Id, op.DeadlineMs = id, ms },
		call: func(ctx context.Context, ops []*pb.CacheOp) ([]*pb.CacheResult, error) {
			resp, err := api.Batch(ctx, &pb.CacheBatchRequest{Ops: ops})
			return resp.GetResults(), err
		},
		open: func(ctx context.Context) (batchStream[pb.CacheOp, pb.CacheResult], error) {
			s, err := api.Pipe(ctx)
			return &cacheStream{s: s}, err
		},
	})}
}

type cacheStream struct {
	s   grpc.BidiStreamingClient[pb.CacheBatchRequest, pb.CacheBatchResponse]
	req pb.CacheBatchRequest
}

func (s *cacheStream) send(ops []*pb.CacheOp) error {
	s.req.Ops = ops
	return s.s.Send(&s.req)
}

func (s *cacheStream) recv() ([]*pb.CacheResult, error) {
	resp, err := s.s.Recv()
	return resp.GetResults(), err
}

// Close ends the client's operations with ErrClosed.
func (c *Cache) Close() error { return c.x.Close() }

// Get implements contract.Cache.
func (c *Cache) Get(ctx context.Context, key string) ([]byte, error) {
	if err := checkText("key", key); err != nil {
		return nil, err
	}
	return valueOf(c.do(ctx, c.get(key)))
}

// Set implements contract.Cache.
func (c *Cache) Set(ctx context.Context, key string, value []byte, opts contract.SetOptions) (bool, error) {
	if err := checkText("key", key); err != nil {
		return false, err
	}
	return doneOf(c.do(ctx, c.set(key, value, opts)))
}

// Delete implements contract.Cache.
func (c *Cache) Delete(ctx context.Context, key string) (bool, error) {
	if err := checkText("key", key); err != nil {
		return false, err
	}
	k := c.call(len(key))
	k.del.Key, k.body.Op = key, &k.delOp
	return doneOf(c.do(ctx, k))
}

// Increment implements contract.CacheCounter.
func (c *Cache) Increment(ctx context.Context, key string, delta int64, ttl time.Duration, id string) (int64, error) {
	op := &pb.CacheOp_Increment{Increment: &pb.CacheIncrement{Key: key, Delta: delta, TtlMs: toMillis(ttl), RetryId: id}}
	k, err := c.rare(contract.CapCacheIncr, len(key)+len(id), key, id)
	if err != nil {
		return 0, err
	}
	k.body.Op = op
	return numberOf(c.do(ctx, k))
}

// CompareAndSet implements contract.CacheSwapper.
func (c *Cache) CompareAndSet(ctx context.Context, key string, old, value []byte, ttl time.Duration) (bool, error) {
	k, err := c.rare(contract.CapCacheCAS, len(key)+len(old)+len(value), key)
	if err != nil {
		return false, err
	}
	k.body.Op = &pb.CacheOp_CompareAndSet{CompareAndSet: &pb.CacheCompareAndSet{
		Key: key, Old: cloneOrNil(old), Value: cloneOrNil(value), TtlMs: toMillis(ttl),
	}}
	return doneOf(c.do(ctx, k))
}

// Touch implements contract.CacheToucher.
func (c *Cache) Touch(ctx context.Context, key string, ttl time.Duration) (bool, error) {
	k, err := c.rare(contract.CapCacheTouch, len(key), key)
	if err != nil {
		return false, err
	}
	k.body.Op = &pb.CacheOp_Touch{Touch: &pb.CacheTouch{Key: key, TtlMs: toMillis(ttl)}}
	return doneOf(c.do(ctx, k))
}

// TTL implements contract.CacheToucher.
func (c *Cache) TTL(ctx context.Context, key string) (time.Duration, error) {
	k, err := c.rare(contract.CapCacheTouch, len(key), key)
	if err != nil {
		return 0, err
	}
	k.body.Op = &pb.CacheOp_Ttl{Ttl: &pb.CacheTTL{Key: key}}
	res, err := c.do(ctx, k)
	return fromMillis(res.GetTtlMs()), err
}

// Scan implements contract.CachePrefixer.
func (c *Cache) Scan(ctx context.Context, prefix, cursor string, limit int) (keys []string, next string, err error) {
	k, err := c.rare(contract.CapCachePrefix, len(prefix)+len(cursor), prefix, cursor)
	if err != nil {
		return nil, "", err
	}
	k.body.Op = &pb.CacheOp_Scan{Scan: &pb.CacheScan{Prefix: prefix, Cursor: cursor, Limit: toLimit(limit)}}
	res, err := c.do(ctx, k)
	return res.GetKeys().GetKeys(), res.GetKeys().GetNext(), err
}

// DeletePrefix implements contract.CachePrefixer.
func (c *Cache) DeletePrefix(ctx context.Context, prefix string) (int64, error) {
	k, err := c.rare(contract.CapCachePrefix, len(prefix), prefix)
	if err != nil {
		return 0, err
	}
	k.body.Op = &pb.CacheOp_DeletePrefix{DeletePrefix: &pb.CacheDeletePrefix{Prefix: prefix}}
	return numberOf(c.do(ctx, k))
}

// GetMany implements contract.CacheBatcher.
func (c *Cache) GetMany(ctx context.Context, keys []string) ([][]byte, []error) {
	values, errs := make([][]byte, len(keys)), make([]error, len(keys))
	calls, at := make([]*call[pb.CacheOp, pb.CacheResult], 0, len(keys)), make([]int, 0, len(keys))
	for i, key := range keys {
		if errs[i] = checkText("key", key); errs[i] == nil {
			calls, at = append(calls, &c.get(key).call), append(at, i)
		}
	}
	for j, a := range c.x.doMany(ctx, calls) {
		values[at[j]], errs[at[j]] = valueOf(cacheOutcome(a.res, a.err))
	}
	return values, errs
}

// SetMany implements contract.CacheBatcher.
func (c *Cache) SetMany(ctx context.Context, entries []contract.CacheEntry) ([]bool, []error) {
	stored, errs := make([]bool, len(entries)), make([]error, len(entries))
	calls, at := make([]*call[pb.CacheOp, pb.CacheResult], 0, len(entries)), make([]int, 0, len(entries))
	for i, e := range entries {
		if errs[i] = checkText("key", e.Key); errs[i] == nil {
			calls, at = append(calls, &c.set(e.Key, e.Value, e.Options).call), append(at, i)
		}
	}
	for j, a := range c.x.doMany(ctx, calls) {
		stored[at[j]], errs[at[j]] = doneOf(cacheOutcome(a.res, a.err))
	}
	return stored, errs
}
