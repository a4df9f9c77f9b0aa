package wire

import (
	"context"
	"fmt"

	"github.com/jackfield/jackfield/sdk/contract"
	pb "github.com/jackfield/jackfield/sdk/wire/backendv1"
)

// cacheCall has room for the frequent operations, so that they need no memory.
type cacheCall struct {
	call  call[pb.CacheOp, pb.CacheResult]
	body  pb.CacheOp
	read  pb.CacheGet
	write pb.CacheSet
	del   pb.CacheDelete

	readOp  pb.CacheOp_Get
	writeOp pb.CacheOp_Set
	delOp   pb.CacheOp_Delete
}

func newCacheCall(recycle func(*cacheCall)) *cacheCall {
	k := new(cacheCall)
	k.call.op = &k.body
	k.readOp.Get, k.writeOp.Set, k.delOp.Delete = &k.read, &k.write, &k.del
	k.call.recycle = func() { recycle(k) }
	return k
}

// call returns a call whose texts and bytes take size bytes.
func (c *Cache) call(size int) *cacheCall {
	k := c.pool.get(newCacheCall)
	k.call.start()
	k.call.size = size + opOverhead
	return k
}

// rare is call for an operation that needs a capability, with the texts in it.
func (c *Cache) rare(needs contract.Capability, size int, texts ...string) (*cacheCall, error) {
	if err := c.opts.need(needs); err != nil {
		return nil, err
	}
	if err := checkText("key", texts...); err != nil {
		return nil, err
	}
	return c.call(size), nil
}

func (c *Cache) get(key string) *cacheCall {
	k := c.call(len(key))
	k.read.Key, k.body.Op = key, &k.readOp
	return k
}

func (c *Cache) set(key string, value []byte, opts contract.SetOptions) *cacheCall {
	k := c.call(len(key) + len(value))
	k.write.Key, k.write.Value = key, keep(k.write.Value, value)
	k.write.TtlMs, k.write.IfAbsent = toMillis(opts.TTL), opts.IfAbsent
	k.body.Op = &k.writeOp
	return k
}

func (c *Cache) do(ctx context.Context, k *cacheCall) (*pb.CacheResult, error) {
	return cacheOutcome(c.x.do(ctx, &k.call))
}

func cacheOutcome(res *pb.CacheResult, err error) (*pb.CacheResult, error) {
	if err == nil {
		err = fromFailure(res.GetFailure())
	}
	return res, err
}

func valueOf(res *pb.CacheResult, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	switch r := res.Result.(type) {
	case *pb.CacheResult_Value:
		if r.Value == nil {
			return []byte{}, nil
		}
		return r.Value, nil
	case *pb.CacheResult_Miss:
		return nil, contract.ErrNotFound
	default:
		return nil, wrongResult(r)
	}
}

func doneOf(res *pb.CacheResult, err error) (bool, error) { return res.GetDone(), err }

func numberOf(res *pb.CacheResult, err error) (int64, error) { return res.GetNumber(), err }

func wrongResult(got any) error {
	return fmt.Errorf("%w: the plugin answered with %T", contract.ErrInternal, got)
}
