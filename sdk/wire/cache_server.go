package wire

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/grpc"

	"github.com/jackfield/jackfield/sdk/contract"
	pb "github.com/jackfield/jackfield/sdk/wire/backendv1"
)

type cacheServer = opServer[pb.CacheOp, pb.CacheResult, *pb.CacheOp]

// cacheService answers for the open cache driver.
type cacheService struct {
	pb.UnimplementedCacheServer
	s *Server
}

func (c *cacheService) Batch(ctx context.Context, req *pb.CacheBatchRequest) (*pb.CacheBatchResponse, error) {
	o, err := opened(&c.s.cache, contract.KindCache)
	if err != nil {
		return nil, err
	}
	results, err := o.batch(ctx, req.GetOps())
	return &pb.CacheBatchResponse{Results: results}, err
}

func (c *cacheService) Pipe(stream grpc.BidiStreamingServer[pb.CacheBatchRequest, pb.CacheBatchResponse]) error {
	o, err := opened(&c.s.cache, contract.KindCache)
	if err != nil {
		return err
	}
	recv := func() ([]*pb.CacheOp, error) {
		req, err := stream.Recv()
		return req.GetOps(), err
	}
	var resp pb.CacheBatchResponse
	return o.pipe(stream.Context(), recv, func(results []*pb.CacheResult) error {
		resp.Results = results
		return stream.Send(&resp)
	})
}

// cacheOps executes operations on a driver. The optional abilities are nil if
// the driver lacks them.
type cacheOps struct {
	cache    contract.Cache
	counter  contract.CacheCounter
	swapper  contract.CacheSwapper
	toucher  contract.CacheToucher
	prefixer contract.CachePrefixer
	batcher  contract.CacheBatcher
}

func newCacheOps(driver contract.Cache) *cacheOps {
	c := &cacheOps{cache: driver}
	c.counter, _ = driver.(contract.CacheCounter)
	c.swapper, _ = driver.(contract.CacheSwapper)
	c.toucher, _ = driver.(contract.CacheToucher)
	c.prefixer, _ = driver.(contract.CachePrefixer)
	c.batcher, _ = driver.(contract.CacheBatcher)
	return c
}

func (c *cacheOps) key(op *pb.CacheOp) string {
	switch o := op.GetOp().(type) {
	case *pb.CacheOp_Get:
		return o.Get.GetKey()
	case *pb.CacheOp_Set:
		return o.Set.GetKey()
	case *pb.CacheOp_Delete:
		return o.Delete.GetKey()
	case *pb.CacheOp_Increment:
		return o.Increment.GetKey()
	case *pb.CacheOp_CompareAndSet:
		return o.CompareAndSet.GetKey()
	case *pb.CacheOp_Touch:
		return o.Touch.GetKey()
	case *pb.CacheOp_Ttl:
		return o.Ttl.GetKey()
	default:
		return ""
	}
}

func (c *cacheOps) class(op *pb.CacheOp) (class opClass, shared bool) {
	switch op.GetOp().(type) {
	case *pb.CacheOp_Get:
		class, shared = classRepeat, true
	case *pb.CacheOp_Set:
		class = classDistinct
	case *pb.CacheOp_Ttl:
		shared = true
	}
	if c.batcher == nil {
		class = classAlone
	}
	return class, shared
}

func (c *cacheOps) reset(res *pb.CacheResult, id uint64) { res.Id, res.Result = id, nil }

func (c *cacheOps) fail(res *pb.CacheResult, err error) {
	res.Result = &pb.CacheResult_Failure{Failure: toFailure(err)}
}

func (c *cacheOps) size(res *pb.CacheResult) int {
	n := opOverhead + len(res.GetValue())
	for _, key := range res.GetKeys().GetKeys() {
		n += len(key) + 2
	}
	return n
}

func (c *cacheOps) run(ctx context.Context, op *pb.CacheOp, res *pb.CacheResult) {
	switch o := op.GetOp().(type) {
	case *pb.CacheOp_Get:
		value, err := c.cache.Get(ctx, o.Get.GetKey())
		c.setValue(res, value, err)
	case *pb.CacheOp_Set:
		e := fromSet(o.Set)
		stored, err := c.cache.Set(ctx, e.Key, e.Value, e.Options)
		c.setDone(res, stored, err)
	case *pb.CacheOp_Delete:
		existed, err := c.cache.Delete(ctx, o.Delete.GetKey())
		c.setDone(res, existed, err)
	default:
		c.runRare(ctx, op, res)
	}
}

// runRare executes the operations that not every driver has.
func (c *cacheOps) runRare(ctx context.Context, op *pb.CacheOp, res *pb.CacheResult) {
	switch o := op.GetOp().(type) {
	case *pb.CacheOp_Increment:
		c.increment(ctx, o.Increment, res)
	case *pb.CacheOp_CompareAndSet:
		c.compareAndSet(ctx, o.CompareAndSet, res)
	case *pb.CacheOp_Touch:
		c.touch(ctx, o.Touch, res)
	case *pb.CacheOp_Ttl:
		c.ttl(ctx, o.Ttl, res)
	case *pb.CacheOp_Scan:
		c.scan(ctx, o.Scan, res)
	case *pb.CacheOp_DeletePrefix:
		c.deletePrefix(ctx, o.DeletePrefix, res)
	default:
		c.fail(res, errUnknownOp)
	}
}

func (c *cacheOps) increment(ctx context.Context, o *pb.CacheIncrement, res *pb.CacheResult) {
	if c.counter == nil {
		c.fail(res, lacks(contract.CapCacheIncr))
		return
	}
	n, err := c.counter.Increment(ctx, o.GetKey(), o.GetDelta(), fromMillis(o.GetTtlMs()), o.GetRetryId())
	c.setNumber(res, n, err)
}

func (c *cacheOps) compareAndSet(ctx context.Context, o *pb.CacheCompareAndSet, res *pb.CacheResult) {
	if c.swapper == nil {
		c.fail(res, lacks(contract.CapCacheCAS))
		return
	}
	stored, err := c.swapper.CompareAndSet(ctx, o.GetKey(), o.GetOld(), o.GetValue(), fromMillis(o.GetTtlMs()))
	c.setDone(res, stored, err)
}

func (c *cacheOps) touch(ctx context.Context, o *pb.CacheTouch, res *pb.CacheResult) {
	if c.toucher == nil {
		c.fail(res, lacks(contract.CapCacheTouch))
		return
	}
	existed, err := c.toucher.Touch(ctx, o.GetKey(), fromMillis(o.GetTtlMs()))
	c.setDone(res, existed, err)
}

func (c *cacheOps) ttl(ctx context.Context, o *pb.CacheTTL, res *pb.CacheResult) {
	if c.toucher == nil {
		c.fail(res, lacks(contract.CapCacheTouch))
		return
	}
	left, err := c.toucher.TTL(ctx, o.GetKey())
	if err != nil {
		c.fail(res, err)
		return
	}
	res.Result = &pb.CacheResult_TtlMs{TtlMs: toMillis(left)}
}

func (c *cacheOps) scan(ctx context.Context, o *pb.CacheScan, res *pb.CacheResult) {
	if c.prefixer == nil {
		c.fail(res, lacks(contract.CapCachePrefix))
		return
	}
	keys, next, err := c.prefixer.Scan(ctx, o.GetPrefix(), o.GetCursor(), int(o.GetLimit()))
	if err != nil {
		c.fail(res, err)
		return
	}
	res.Result = &pb.CacheResult_Keys{Keys: &pb.CacheKeys{Keys: texts(keys), Next: text(next)}}
}

func (c *cacheOps) deletePrefix(ctx context.Context, o *pb.CacheDeletePrefix, res *pb.CacheResult) {
	if c.prefixer == nil {
		c.fail(res, lacks(contract.CapCachePrefix))
		return
	}
	n, err := c.prefixer.DeletePrefix(ctx, o.GetPrefix())
	c.setNumber(res, n, err)
}

func (c *cacheOps) runMany(ctx context.Context, class opClass, ops []*pb.CacheOp, res []*pb.CacheResult) {
	if class == classRepeat {
		keys := make([]string, len(ops))
		for i, op := range ops {
			keys[i] = op.GetGet().GetKey()
		}
		values, errs := c.batcher.GetMany(ctx, keys)
		mustAnswerAll(len(ops), len(values), len(errs))
		for i := range ops {
			c.setValue(res[i], values[i], errs[i])
		}
		return
	}
	entries := make([]contract.CacheEntry, len(ops))
	for i, op := range ops {
		entries[i] = fromSet(op.GetSet())
	}
	stored, errs := c.batcher.SetMany(ctx, entries)
	mustAnswerAll(len(ops), len(stored), len(errs))
	for i := range ops {
		c.setDone(res[i], stored[i], errs[i])
	}
}

// mustAnswerAll panics, as indexing would, on a driver whose answers do not fit the questions.
func mustAnswerAll(asked, values, errs int) {
	if values != asked || errs != asked {
		panic(fmt.Sprintf("asked for %d, got %d values and %d errors", asked, values, errs))
	}
}

func fromSet(s *pb.CacheSet) contract.CacheEntry {
	value := s.GetValue()
	if value == nil {
		value = []byte{}
	}
	return contract.CacheEntry{
		Key: s.GetKey(), Value: value,
		Options: contract.SetOptions{TTL: fromMillis(s.GetTtlMs()), IfAbsent: s.GetIfAbsent()},
	}
}

func (c *cacheOps) setValue(res *pb.CacheResult, value []byte, err error) {
	switch {
	case err == nil:
		res.Result = &pb.CacheResult_Value{Value: value}
	case errors.Is(err, contract.ErrNotFound):
		res.Result = &pb.CacheResult_Miss{Miss: true}
	default:
		c.fail(res, err)
	}
}

func (c *cacheOps) setDone(res *pb.CacheResult, done bool, err error) {
	if err != nil {
		c.fail(res, err)
		return
	}
	res.Result = &pb.CacheResult_Done{Done: done}
}

func (c *cacheOps) setNumber(res *pb.CacheResult, n int64, err error) {
	if err != nil {
		c.fail(res, err)
		return
	}
	res.Result = &pb.CacheResult_Number{Number: n}
}
