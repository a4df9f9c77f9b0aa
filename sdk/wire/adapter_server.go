package wire

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"github.com/jackfield/jackfield/sdk/contract"
	pb "github.com/jackfield/jackfield/sdk/wire/backendv1"
)

// adapterServer is an open adapter driver.
type adapterServer struct{ adapter contract.Adapter }

// adapterService answers for it.
type adapterService struct {
	pb.UnimplementedAdapterServer
	s *Server
}

// Session implements the service: one session of the open driver.
func (a *adapterService) Session(stream grpc.BidiStreamingServer[pb.SessionRequest, pb.SessionResponse]) error {
	o, err := opened(&a.s.adapter, contract.KindAdapter)
	if err != nil {
		return err
	}
	first, err := stream.Recv()
	if err != nil {
		return endOfStream(err)
	}
	driver, err := a.s.join(stream.Context(), o.adapter, first.GetOpen())
	if err != nil {
		return stream.Send(&pb.SessionResponse{Id: first.GetId(), Message: &pb.SessionResponse_Failure{Failure: toFailure(err)}})
	}
	ss := newMembership(a.s, driver, stream)
	return ss.serve(first.GetId())
}

func (s *Server) join(ctx context.Context, adapter contract.Adapter, open *pb.SessionOpen) (session contract.AdapterSession, err error) {
	defer s.recoverInto(&err)
	if open == nil {
		return nil, fmt.Errorf("%w: the first message of a session must open it", contract.ErrInvalid)
	}
	return adapter.Open(ctx, contract.NodeInfo{
		ID: open.GetNodeId(), Incarnation: open.GetIncarnation(), Lease: fromMillis(open.GetLeaseMs()),
		Cells: open.GetCells(), Reads: open.GetReads(), Writes: open.GetWrites(),
	})
}

// membership is the plugin's end of a session's stream.
type membership struct {
	s      *Server
	driver contract.AdapterSession
	stream grpc.BidiStreamingServer[pb.SessionRequest, pb.SessionResponse]
	exec   *executor
	out    *responder[pb.SessionResponse]
	sendMu sync.Mutex // around stream.Send
}

func newMembership(s *Server, driver contract.AdapterSession, stream grpc.BidiStreamingServer[pb.SessionRequest, pb.SessionResponse]) *membership {
	m := &membership{s: s, driver: driver, stream: stream, exec: newExecutor(s.parallel)}
	m.out = &responder[pb.SessionResponse]{
		size: func(*pb.SessionResponse) int { return 0 },
		send: func(responses []*pb.SessionResponse) error {
			for _, resp := range responses {
				if err := m.send(resp); err != nil {
					return err
				}
			}
			return nil
		},
	}
	return m
}

func (m *membership) send(resp *pb.SessionResponse) error {
	m.sendMu.Lock()
	defer m.sendMu.Unlock()
	return m.stream.Send(resp)
}

// serve ends with the stream; it then closes the driver's session.
func (m *membership) serve(openID uint64) error {
	ctx, cancel := context.WithCancel(m.stream.Context())
	err := m.send(&pb.SessionResponse{Id: openID, Message: &pb.SessionResponse_Done{Done: &pb.Empty{}}})
	var events sync.WaitGroup
	events.Go(func() { m.forward(ctx) })
	for err == nil {
		var req *pb.SessionRequest
		if req, err = m.stream.Recv(); err == nil {
			err = m.accept(ctx, req)
		}
	}
	if endOfStream(err) == nil {
		m.out.settled(m.stream.Context())
	}
	cancel()
	events.Wait()
	m.out.close()
	closeErr := m.close()
	if err := endOfStream(err); err != nil {
		return err
	}
	return toStatus(closeErr)
}

func (m *membership) close() (err error) {
	defer m.s.recoverInto(&err)
	return m.driver.Close()
}

// accept has a command executed behind those that came before in its cells.
func (m *membership) accept(ctx context.Context, req *pb.SessionRequest) error {
	if err := m.out.expect(ctx, 1); err != nil {
		return err
	}
	deadline := deadlineOf(req.GetDeadlineMs(), time.Now())
	m.exec.submit(&task{run: func() {
		resp := &pb.SessionResponse{Id: req.GetId()}
		if err := m.execute(ctx, req, resp, deadline); err != nil {
			resp.Message = &pb.SessionResponse_Failure{Failure: toFailure(err)}
		}
		m.out.add([]*pb.SessionResponse{resp})
	}}, cellsOf(req)...)
	return nil
}

func cellsOf(req *pb.SessionRequest) []string {
	switch c := req.GetCommand().(type) {
	case *pb.SessionRequest_Subscribe:
		return topicCells(c.Subscribe.GetTopics())
	case *pb.SessionRequest_Unsubscribe:
		return topicCells(c.Unsubscribe.GetTopics())
	case *pb.SessionRequest_Publish:
		topics := make([]*pb.Topic, len(c.Publish.GetMessages()))
		for i, msg := range c.Publish.GetMessages() {
			topics[i] = msg.GetTopic()
		}
		return topicCells(topics)
	case *pb.SessionRequest_Apply:
		return []string{cellKey(c.Apply.GetCell())}
	case *pb.SessionRequest_Snapshot:
		return []string{cellKey(c.Snapshot.GetCell())}
	case *pb.SessionRequest_Changes:
		return []string{cellKey(c.Changes.GetCell())}
	case *pb.SessionRequest_Lead:
		return []string{cellKey(c.Lead.GetCell())}
	case *pb.SessionRequest_Advance:
		return []string{cellKey(c.Advance.GetCell())}
	default:
		return nil
	}
}

func (m *membership) execute(ctx context.Context, req *pb.SessionRequest, resp *pb.SessionResponse, deadline time.Time) (err error) {
	defer m.s.recoverInto(&err)
	if !deadline.After(time.Now()) {
		return contract.ErrTimeout
	}
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	resp.Message = &pb.SessionResponse_Done{Done: &pb.Empty{}}
	switch c := req.GetCommand().(type) {
	case *pb.SessionRequest_Subscribe:
		return m.driver.Subscribe(ctx, fromTopics(c.Subscribe))
	case *pb.SessionRequest_Unsubscribe:
		return m.driver.Unsubscribe(ctx, fromTopics(c.Unsubscribe))
	case *pb.SessionRequest_Publish:
		msgs := make([]contract.BusMessage, len(c.Publish.GetMessages()))
		for i, msg := range c.Publish.GetMessages() {
			msgs[i] = fromMessage(msg)
		}
		return m.driver.Publish(ctx, msgs)
	case *pb.SessionRequest_Retire:
		return m.driver.Retire(ctx, c.Retire.GetIncarnation())
	case *pb.SessionRequest_Advance:
		return m.driver.Advance(ctx, c.Advance.GetCell(), fromPosition(c.Advance.GetTo()), c.Advance.GetResign())
	default:
		return m.query(ctx, req, resp)
	}
}

// query executes the commands that return more than success.
func (m *membership) query(ctx context.Context, req *pb.SessionRequest, resp *pb.SessionResponse) error {
	switch c := req.GetCommand().(type) {
	case *pb.SessionRequest_Apply:
		v, err := m.driver.Apply(ctx, fromApply(c.Apply))
		resp.Message = &pb.SessionResponse_Verdict{Verdict: toVerdict(v)}
		return err
	case *pb.SessionRequest_Snapshot:
		page, err := m.driver.Snapshot(ctx, c.Snapshot.GetCell(), c.Snapshot.GetCursor())
		resp.Message = &pb.SessionResponse_Page{Page: toCellPage(page)}
		return withinMessage(resp, err)
	case *pb.SessionRequest_Changes:
		q := c.Changes
		changes, err := m.driver.Changes(ctx, q.GetCell(), fromPosition(q.GetAfter()), int(q.GetLimit()))
		resp.Message = &pb.SessionResponse_Changes{Changes: toStateChanges(changes)}
		return withinMessage(resp, err)
	case *pb.SessionRequest_Renew:
		positions, err := m.driver.Renew(ctx)
		resp.Message = &pb.SessionResponse_Positions{Positions: toPositions(positions)}
		return err
	case *pb.SessionRequest_Lead:
		cursor, err := m.driver.Lead(ctx, c.Lead.GetCell())
		resp.Message = &pb.SessionResponse_Cursor{Cursor: toPosition(cursor)}
		return err
	case *pb.SessionRequest_Reap:
		gone, err := m.driver.Reap(ctx)
		resp.Message = &pb.SessionResponse_Reaped{Reaped: &pb.Reaped{Incarnations: texts(gone)}}
		return err
	default:
		return errUnknownOp
	}
}

// forward sends the session's events until it ends.
func (m *membership) forward(ctx context.Context) {
	for {
		events, err := m.receive(ctx)
		out := make([]*pb.SessionEvent, len(events))
		for i, e := range events {
			out[i] = toEvent(e)
		}
		if sendSplit(out, func(e *pb.SessionEvent) int { return proto.Size(e) }, m.sendEvents) != nil || ctx.Err() != nil {
			return
		}
		if err != nil {
			m.giveUp(err)
			return
		}
	}
}

func (m *membership) sendEvents(events []*pb.SessionEvent) error {
	return m.send(&pb.SessionResponse{Message: &pb.SessionResponse_Events{Events: &pb.SessionEvents{Events: events}}})
}

// giveUp tells the client that no events will come any more, and why.
func (m *membership) giveUp(err error) {
	if !errors.Is(err, contract.ErrClosed) {
		m.s.logger.Warn("adapter session receives no more events", "err", err)
	}
	_ = m.send(&pb.SessionResponse{Message: &pb.SessionResponse_Failure{Failure: toFailure(err)}})
}

func (m *membership) receive(ctx context.Context) (events []contract.AdapterEvent, err error) {
	defer m.s.recoverInto(&err)
	return m.driver.Receive(ctx)
}

// withinMessage returns err, or that the answer is larger than a message may be.
func withinMessage(resp *pb.SessionResponse, err error) error {
	if n := proto.Size(resp); err == nil && n > MaxMessage {
		return fmt.Errorf("%w: an answer of %d bytes, at most %d fit in a message", contract.ErrInternal, n, MaxMessage)
	}
	return err
}
