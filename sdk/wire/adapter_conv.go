package wire

import (
	"strconv"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
	pb "github.com/jackfield/jackfield/sdk/wire/backendv1"
)

func toTopic(t contract.Topic) *pb.Topic { return &pb.Topic{Cell: t.Cell, Name: text(t.Name)} }

func fromTopic(t *pb.Topic) contract.Topic {
	return contract.Topic{Cell: t.GetCell(), Name: t.GetName()}
}

func toTopics(topics []contract.Topic) *pb.Topics {
	p := &pb.Topics{Topics: make([]*pb.Topic, len(topics))}
	for i, t := range topics {
		p.Topics[i] = toTopic(t)
	}
	return p
}

func fromTopics(p *pb.Topics) []contract.Topic {
	topics := make([]contract.Topic, len(p.GetTopics()))
	for i, t := range p.GetTopics() {
		topics[i] = fromTopic(t)
	}
	return topics
}

func toMessage(m contract.BusMessage) *pb.BusMessage {
	return &pb.BusMessage{Topic: toTopic(m.Topic), Body: m.Body}
}

func fromMessage(p *pb.BusMessage) contract.BusMessage {
	return contract.BusMessage{Topic: fromTopic(p.GetTopic()), Body: p.GetBody()}
}

func toStateKey(k contract.StateKey) *pb.StateKey {
	return &pb.StateKey{Kind: pb.StateKind(k.Kind), App: text(k.App), Name: text(k.Name)}
}

func fromStateKey(p *pb.StateKey) contract.StateKey {
	return contract.StateKey{Kind: contract.StateKind(p.GetKind()), App: p.GetApp(), Name: p.GetName()}
}

func toChange(c contract.Change) *pb.StateValue {
	return &pb.StateValue{
		Key: toStateKey(c.Key), User: text(c.User), Info: c.Info, Present: c.Present, Count: c.Count, Limit: c.Limit,
	}
}

func fromChange(p *pb.StateValue) contract.Change {
	return contract.Change{
		Key: fromStateKey(p.GetKey()), User: p.GetUser(), Info: p.GetInfo(),
		Present: p.GetPresent(), Count: p.GetCount(), Limit: p.GetLimit(),
	}
}

func toApply(req contract.ApplyRequest) *pb.CellApply {
	p := &pb.CellApply{Cell: req.Cell, Version: req.Version, Changes: make([]*pb.StateValue, len(req.Changes))}
	for i, c := range req.Changes {
		p.Changes[i] = toChange(c)
	}
	return p
}

func fromApply(p *pb.CellApply) contract.ApplyRequest {
	req := contract.ApplyRequest{Cell: p.GetCell(), Version: p.GetVersion(), Changes: make([]contract.Change, len(p.GetChanges()))}
	for i, c := range p.GetChanges() {
		req.Changes[i] = fromChange(c)
	}
	return req
}

func toChangeResult(r contract.ChangeResult) *pb.ChangeResult {
	return &pb.ChangeResult{Seq: r.Seq, First: r.First, Last: r.Last, Refused: r.Refused, Total: r.Total}
}

func fromChangeResult(p *pb.ChangeResult) contract.ChangeResult {
	return contract.ChangeResult{
		Seq: p.GetSeq(), First: p.GetFirst(), Last: p.GetLast(), Refused: p.GetRefused(), Total: p.GetTotal(),
	}
}

func toVerdict(v contract.Verdict) *pb.Verdict {
	p := &pb.Verdict{Epoch: v.Epoch, Results: make([]*pb.ChangeResult, len(v.Results))}
	for i, r := range v.Results {
		p.Results[i] = toChangeResult(r)
	}
	return p
}

func fromVerdict(p *pb.Verdict) contract.Verdict {
	v := contract.Verdict{Epoch: p.GetEpoch(), Results: make([]contract.ChangeResult, len(p.GetResults()))}
	for i, r := range p.GetResults() {
		v.Results[i] = fromChangeResult(r)
	}
	return v
}

func toPosition(p contract.Position) *pb.Position { return &pb.Position{Epoch: p.Epoch, Seq: p.Seq} }

func fromPosition(p *pb.Position) contract.Position {
	return contract.Position{Epoch: p.GetEpoch(), Seq: p.GetSeq()}
}

func toPositions(positions []contract.Position) *pb.Positions {
	p := &pb.Positions{Positions: make([]*pb.Position, len(positions))}
	for i, pos := range positions {
		p.Positions[i] = toPosition(pos)
	}
	return p
}

func fromPositions(p *pb.Positions) []contract.Position {
	positions := make([]contract.Position, len(p.GetPositions()))
	for i, pos := range p.GetPositions() {
		positions[i] = fromPosition(pos)
	}
	return positions
}

func toCellPage(c contract.CellPage) *pb.CellPage {
	p := &pb.CellPage{Position: toPosition(c.Position), Next: text(c.Next)}
	for _, h := range c.Holdings {
		p.Holdings = append(p.Holdings, &pb.Holding{
			Key: toStateKey(h.Key), User: text(h.User), Info: h.Info, Incarnation: text(h.Incarnation), Count: h.Count,
		})
	}
	return p
}

func fromCellPage(p *pb.CellPage) contract.CellPage {
	c := contract.CellPage{Position: fromPosition(p.GetPosition()), Next: p.GetNext()}
	for _, h := range p.GetHoldings() {
		c.Holdings = append(c.Holdings, contract.Holding{
			Key: fromStateKey(h.GetKey()), User: h.GetUser(), Info: h.GetInfo(), Incarnation: h.GetIncarnation(), Count: h.GetCount(),
		})
	}
	return c
}

func toStateChange(c contract.StateChange) *pb.StateChange {
	return &pb.StateChange{
		Cell: c.Cell, Epoch: c.Epoch, Seq: c.Seq, TimeMs: c.Time.UnixMilli(), Incarnation: text(c.Incarnation),
		Change: toChange(c.Change), Result: toChangeResult(c.Result),
	}
}

func fromStateChange(p *pb.StateChange) contract.StateChange {
	return contract.StateChange{
		Cell: p.GetCell(), Epoch: p.GetEpoch(), Seq: p.GetSeq(), Time: time.UnixMilli(p.GetTimeMs()).UTC(), Incarnation: p.GetIncarnation(),
		Change: fromChange(p.GetChange()), Result: fromChangeResult(p.GetResult()),
	}
}

func toStateChanges(changes []contract.StateChange) *pb.StateChanges {
	p := &pb.StateChanges{Changes: make([]*pb.StateChange, len(changes))}
	for i, c := range changes {
		p.Changes[i] = toStateChange(c)
	}
	return p
}

func fromStateChanges(p *pb.StateChanges) []contract.StateChange {
	changes := make([]contract.StateChange, len(p.GetChanges()))
	for i, c := range p.GetChanges() {
		changes[i] = fromStateChange(c)
	}
	return changes
}

func toEvent(e contract.AdapterEvent) *pb.SessionEvent {
	switch {
	case e.Message != nil:
		return &pb.SessionEvent{Event: &pb.SessionEvent_Message{Message: toMessage(*e.Message)}}
	case e.State != nil:
		return &pb.SessionEvent{Event: &pb.SessionEvent_State{State: toStateChange(*e.State)}}
	case e.Lost != nil:
		return &pb.SessionEvent{Event: &pb.SessionEvent_Lost{Lost: &pb.Lost{Cells: e.Lost.Cells, Reason: text(e.Lost.Reason)}}}
	default:
		return &pb.SessionEvent{}
	}
}

// fromEvent reports false for an event of a newer protocol.
func fromEvent(p *pb.SessionEvent) (contract.AdapterEvent, bool) {
	switch e := p.GetEvent().(type) {
	case *pb.SessionEvent_Message:
		m := fromMessage(e.Message)
		return contract.AdapterEvent{Message: &m}, true
	case *pb.SessionEvent_State:
		c := fromStateChange(e.State)
		return contract.AdapterEvent{State: &c}, true
	case *pb.SessionEvent_Lost:
		return contract.AdapterEvent{Lost: &contract.Lost{Cells: e.Lost.GetCells(), Reason: e.Lost.GetReason()}}, true
	default:
		return contract.AdapterEvent{}, false
	}
}

// cellKey is a cell as a key of order.
func cellKey(cell uint32) string { return strconv.FormatUint(uint64(cell), 10) }

func topicCells(topics []*pb.Topic) []string {
	keys := make([]string, len(topics))
	for i, t := range topics {
		keys[i] = cellKey(t.GetCell())
	}
	return keys
}
