package wire

import (
	"context"
	"errors"
	"io"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"github.com/jackfield/jackfield/sdk/contract"
	pb "github.com/jackfield/jackfield/sdk/wire/backendv1"
)

// FuzzServer feeds each kind with whatever decodes: nothing may panic outside
// of a driver, and every operation is answered, in a form that can be sent.
func FuzzServer(f *testing.F) {
	for _, seed := range []proto.Message{
		&pb.CacheBatchRequest{Ops: []*pb.CacheOp{{Id: 1}, {Id: 2, Op: &pb.CacheOp_Get{}}, {Id: 3, Op: &pb.CacheOp_Set{Set: &pb.CacheSet{Key: "k"}}}}},
		&pb.CacheBatchRequest{Ops: []*pb.CacheOp{{Op: &pb.CacheOp_Scan{Scan: &pb.CacheScan{Limit: -1}}}, {DeadlineMs: 1 << 62}}},
		&pb.QueueBatchRequest{Ops: []*pb.QueueOp{{Op: &pb.QueueOp_Enqueue{Enqueue: &pb.Job{DelayMs: -5}}}, {Op: &pb.QueueOp_ListDead{}}}},
		&pb.LimitBatchRequest{Ops: []*pb.LimitOp{{Op: &pb.LimitOp_Lease{Lease: &pb.LimitLease{}}}}},
		&pb.AppBatchRequest{Ops: []*pb.AppOp{{Op: &pb.AppOp_Create{Create: toApp(fullApp())}}, {Op: &pb.AppOp_Delete{}}}},
	} {
		data, err := proto.Marshal(seed)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s := NewServer(ServerOptions{})
		var cache pb.CacheBatchRequest
		if proto.Unmarshal(data, &cache) == nil {
			d := &fullCache{}
			fuzzBatch[pb.CacheOp, pb.CacheResult, *pb.CacheOp, *pb.CacheResult](t, newOpServer[pb.CacheOp, pb.CacheResult, *pb.CacheOp](s, newCacheOps(d), d), cache.Ops)
		}
		var queue pb.QueueBatchRequest
		if proto.Unmarshal(data, &queue) == nil {
			d := newListQueue()
			fuzzBatch[pb.QueueOp, pb.QueueResult, *pb.QueueOp, *pb.QueueResult](t, newOpServer[pb.QueueOp, pb.QueueResult, *pb.QueueOp](s, newQueueOps(d), d), queue.Ops)
		}
		var limit pb.LimitBatchRequest
		if proto.Unmarshal(data, &limit) == nil {
			d := &echoLimiter{}
			fuzzBatch[pb.LimitOp, pb.LimitResult, *pb.LimitOp, *pb.LimitResult](t, newOpServer[pb.LimitOp, pb.LimitResult, *pb.LimitOp](s, newLimitOps(d), inlined{}), limit.Ops)
		}
		var app pb.AppBatchRequest
		if proto.Unmarshal(data, &app) == nil {
			d := &oneApp{}
			fuzzBatch[pb.AppOp, pb.AppResult, *pb.AppOp, *pb.AppResult](t, newOpServer[pb.AppOp, pb.AppResult, *pb.AppOp](s, newAppOps(d), d), app.Ops)
		}
	})
}

type inlined struct{}

func (inlined) Inline() bool { return true }

func fuzzBatch[O, R any, PO operation[O], PR interface {
	result[R]
	proto.Message
}](t *testing.T, o *opServer[O, R, PO], ops []*O) {
	results, err := o.batch(t.Context(), ops)
	if err != nil || len(results) != len(ops) {
		t.Fatalf("%d results for %d operations, %v", len(results), len(ops), err)
	}
	for _, r := range results {
		if _, err := proto.Marshal(PR(r)); err != nil {
			t.Fatalf("a result cannot be sent: %v", err)
		}
	}
}

// FuzzConsumer feeds a consumer's stream with whatever decodes.
func FuzzConsumer(f *testing.F) {
	for _, seed := range []*pb.ConsumeRequest{
		{Message: &pb.ConsumeRequest_Credit{Credit: &pb.ConsumeCredit{Max: -3}}},
		{Message: &pb.ConsumeRequest_Settle{Settle: &pb.Settlements{Settlements: []*pb.Settlement{{}, {JobId: "1", How: &pb.Settlement_Nack{}}}}}},
		{Message: &pb.ConsumeRequest_Drain{}},
		{},
	} {
		data, err := proto.Marshal(seed)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		req := new(pb.ConsumeRequest)
		if proto.Unmarshal(data, req) != nil {
			return
		}
		driver := newListQueue()
		driver.jobs = []contract.Job{{ID: "1"}, {ID: "2"}}
		consumer, err := driver.Consume(t.Context(), contract.ConsumeOptions{})
		if err != nil {
			t.Fatal(err)
		}
		stream := &scriptedStream{ctx: t.Context(), in: []*pb.ConsumeRequest{req, req}}
		if err := newConsuming(NewServer(ServerOptions{}), consumer, stream).serve(); err != nil && !errors.Is(err, contract.ErrUnsupported) && !errors.Is(fromStatus(err), contract.ErrUnsupported) {
			t.Errorf("ended with %v", err)
		}
	})
}

// scriptedStream is a stream with a given input.
type scriptedStream struct {
	grpc.BidiStreamingServer[pb.ConsumeRequest, pb.ConsumeResponse]
	ctx context.Context
	in  []*pb.ConsumeRequest
}

func (s *scriptedStream) Context() context.Context { return s.ctx }

func (s *scriptedStream) Recv() (*pb.ConsumeRequest, error) {
	if len(s.in) == 0 {
		return nil, io.EOF
	}
	req := s.in[0]
	s.in = s.in[1:]
	return req, nil
}

func (s *scriptedStream) Send(resp *pb.ConsumeResponse) error {
	_, err := proto.Marshal(resp)
	return err
}
