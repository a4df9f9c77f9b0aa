package wire

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"github.com/jackfield/jackfield/sdk/contract"
	pb "github.com/jackfield/jackfield/sdk/wire/backendv1"
)

// Adapter is the client of an adapter driver.
type Adapter struct{ api pb.AdapterClient }

var (
	_ contract.Adapter        = (*Adapter)(nil)
	_ contract.AdapterSession = (*session)(nil)
)

// NewAdapter returns a client of the adapter that the plugin behind cc has open.
func NewAdapter(cc grpc.ClientConnInterface, _ ClientOptions) *Adapter {
	return &Adapter{api: pb.NewAdapterClient(cc)}
}

// Close implements the common shape of the clients; sessions have a Close of their own.
func (a *Adapter) Close() error { return nil }

// Open implements contract.Adapter. The session ends with ErrGone when the
// plugin goes away; a new one is then to be opened.
func (a *Adapter) Open(ctx context.Context, node contract.NodeInfo) (contract.AdapterSession, error) {
	if err := checkText("node", node.ID, node.Incarnation); err != nil {
		return nil, err
	}
	streamCtx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, cancel)
	stream, err := openSession(streamCtx, a.api, node, millisLeft(ctx))
	if err != nil || !stop() {
		cancel()
		if ctx.Err() != nil {
			return nil, fromContext(ctx)
		}
		return nil, err
	}
	s := &session{
		stream: stream, ctx: streamCtx, cancel: cancel, out: newOutbox[*pb.SessionRequest](),
		events: newEventBuffer(), ended: make(chan struct{}), sent: make(chan struct{}),
	}
	go s.send()
	go s.receive()
	return s, nil
}

func openSession(ctx context.Context, api pb.AdapterClient, node contract.NodeInfo, deadline int64) (grpc.BidiStreamingClient[pb.SessionRequest, pb.SessionResponse], error) {
	stream, err := api.Session(ctx)
	if err != nil {
		return nil, fromStatus(err)
	}
	// If this fails, Recv tells why.
	_ = stream.Send(&pb.SessionRequest{DeadlineMs: deadline, Command: &pb.SessionRequest_Open{Open: &pb.SessionOpen{
		NodeId: node.ID, Incarnation: node.Incarnation, LeaseMs: toMillis(node.Lease),
		Cells: node.Cells, Reads: node.Reads, Writes: node.Writes,
	}}})
	resp, err := stream.Recv()
	if err != nil {
		return nil, fromStatus(err)
	}
	if err := fromFailure(resp.GetFailure()); err != nil {
		return nil, err
	}
	if resp.GetDone() == nil {
		return nil, wrongResult(resp.GetMessage())
	}
	return stream, nil
}

// session is one session, on a stream of its own.
type session struct {
	stream  grpc.BidiStreamingClient[pb.SessionRequest, pb.SessionResponse]
	ctx     context.Context // of the stream, until cancel
	cancel  context.CancelFunc
	out     *outbox[*pb.SessionRequest]
	replies replies[*pb.SessionResponse]
	events  *eventBuffer
	ended   chan struct{} // the receiver has returned
	sent    chan struct{} // the sender has returned
}

// Subscribe implements contract.AdapterSession.
func (s *session) Subscribe(ctx context.Context, topics []contract.Topic) error {
	_, err := s.command(ctx, &pb.SessionRequest{Command: &pb.SessionRequest_Subscribe{Subscribe: toTopics(topics)}})
	return err
}

// Unsubscribe implements contract.AdapterSession.
func (s *session) Unsubscribe(ctx context.Context, topics []contract.Topic) error {
	_, err := s.command(ctx, &pb.SessionRequest{Command: &pb.SessionRequest_Unsubscribe{Unsubscribe: toTopics(topics)}})
	return err
}

// Publish implements contract.AdapterSession. The bodies must not change, even
// after ctx ended.
func (s *session) Publish(ctx context.Context, msgs []contract.BusMessage) error {
	p := &pb.BusMessages{Messages: make([]*pb.BusMessage, len(msgs))}
	for i, m := range msgs {
		p.Messages[i] = toMessage(m)
	}
	_, err := s.command(ctx, &pb.SessionRequest{Command: &pb.SessionRequest_Publish{Publish: p}})
	return err
}

// Apply implements contract.AdapterSession.
func (s *session) Apply(ctx context.Context, req contract.ApplyRequest) (contract.Verdict, error) {
	resp, err := s.command(ctx, &pb.SessionRequest{Command: &pb.SessionRequest_Apply{Apply: toApply(req)}})
	if err != nil {
		return contract.Verdict{}, err
	}
	return fromVerdict(resp.GetVerdict()), nil
}

// Snapshot implements contract.AdapterSession.
func (s *session) Snapshot(ctx context.Context, cell uint32, cursor string) (contract.CellPage, error) {
	if err := checkText("cursor", cursor); err != nil {
		return contract.CellPage{}, err
	}
	resp, err := s.command(ctx, &pb.SessionRequest{Command: &pb.SessionRequest_Snapshot{
		Snapshot: &pb.CellSnapshot{Cell: cell, Cursor: cursor},
	}})
	if err != nil {
		return contract.CellPage{}, err
	}
	return fromCellPage(resp.GetPage()), nil
}

// Changes implements contract.AdapterSession.
func (s *session) Changes(ctx context.Context, cell uint32, after contract.Position, limit int) ([]contract.StateChange, error) {
	resp, err := s.command(ctx, &pb.SessionRequest{Command: &pb.SessionRequest_Changes{
		Changes: &pb.CellChanges{Cell: cell, After: toPosition(after), Limit: uint32(max(limit, 0))},
	}})
	if err != nil {
		return nil, err
	}
	return fromStateChanges(resp.GetChanges()), nil
}

// Renew implements contract.AdapterSession.
func (s *session) Renew(ctx context.Context) ([]contract.Position, error) {
	resp, err := s.command(ctx, &pb.SessionRequest{Command: &pb.SessionRequest_Renew{Renew: &pb.Empty{}}})
	if err != nil {
		return nil, err
	}
	return fromPositions(resp.GetPositions()), nil
}

// Retire implements contract.AdapterSession.
func (s *session) Retire(ctx context.Context, incarnation string) error {
	if err := checkText("incarnation", incarnation); err != nil {
		return err
	}
	_, err := s.command(ctx, &pb.SessionRequest{Command: &pb.SessionRequest_Retire{Retire: &pb.Retire{Incarnation: incarnation}}})
	return err
}

// Lead implements contract.AdapterSession.
func (s *session) Lead(ctx context.Context, cell uint32) (contract.Position, error) {
	resp, err := s.command(ctx, &pb.SessionRequest{Command: &pb.SessionRequest_Lead{Lead: &pb.Lead{Cell: cell}}})
	if err != nil {
		return contract.Position{}, err
	}
	return fromPosition(resp.GetCursor()), nil
}

// Advance implements contract.AdapterSession.
func (s *session) Advance(ctx context.Context, cell uint32, to contract.Position, resign bool) error {
	_, err := s.command(ctx, &pb.SessionRequest{Command: &pb.SessionRequest_Advance{
		Advance: &pb.Advance{Cell: cell, To: toPosition(to), Resign: resign},
	}})
	return err
}

// Reap implements contract.AdapterSession.
func (s *session) Reap(ctx context.Context) ([]string, error) {
	resp, err := s.command(ctx, &pb.SessionRequest{Command: &pb.SessionRequest_Reap{Reap: &pb.Empty{}}})
	return resp.GetReaped().GetIncarnations(), err
}

// Receive implements contract.AdapterSession.
func (s *session) Receive(ctx context.Context) ([]contract.AdapterEvent, error) {
	return s.events.take(ctx)
}

func (s *session) command(ctx context.Context, req *pb.SessionRequest) (*pb.SessionResponse, error) {
	if ctx.Err() != nil {
		return nil, fromContext(ctx)
	}
	size := proto.Size(req)
	if size > MaxMessage {
		return nil, fmt.Errorf("%w: a command of %d bytes, at most %d fit in a message", contract.ErrInvalid, size, MaxMessage)
	}
	id, ch, err := s.replies.expect()
	if err != nil {
		return nil, err
	}
	req.Id, req.DeadlineMs = id, millisLeft(ctx)
	if err := s.out.push(req, max(size, 1)); err != nil {
		s.replies.forget(id)
		return nil, err
	}
	return s.replies.await(ctx, id, ch)
}

// Close implements contract.AdapterSession. It may be called more than once.
func (s *session) Close() error {
	s.finish(contract.ErrClosed)
	s.out.close()
	timer := time.AfterFunc(closeWait, s.cancel)
	defer timer.Stop()
	<-s.sent
	<-s.ended
	s.cancel()
	return nil
}

// send is the sender's goroutine.
func (s *session) send() {
	defer close(s.sent)
	s.out.drain(func(reqs []*pb.SessionRequest) error {
		for _, req := range reqs {
			if err := s.stream.Send(req); err != nil {
				return err
			}
		}
		return nil
	})
	_ = s.stream.CloseSend()
}

// receive is the receiver's goroutine.
func (s *session) receive() {
	defer close(s.ended)
	for {
		resp, err := s.stream.Recv()
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = fmt.Errorf("%w: %w", contract.ErrGone, err)
			} else {
				err = fromStream(s.ctx, err)
			}
			s.out.close()
			s.finish(err)
			return
		}
		s.handle(resp)
	}
}

func (s *session) handle(resp *pb.SessionResponse) {
	failure := fromFailure(resp.GetFailure())
	switch {
	case resp.GetEvents() != nil:
		s.events.add(resp.GetEvents().GetEvents())
	case resp.GetId() != 0:
		s.replies.answer(resp.GetId(), resp, failure)
	case failure != nil:
		s.events.end(failure)
	}
}

// finish ends commands and events with err.
func (s *session) finish(err error) {
	s.replies.end(err)
	s.events.end(err)
}
