package wire

import (
	"strconv"

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

func toCellState(s contract.CellState) *pb.CellState {
	p := &pb.CellState{Epoch: s.Epoch, Seq: s.Seq, Total: s.Total}
	for _, m := range s.Members {
		p.Members = append(p.Members, &pb.Member{User: text(m.User), Info: m.Info})
	}
	return p
}

func fromCellState(p *pb.CellState) contract.CellState {
	s := contract.CellState{Epoch: p.GetEpoch(), Seq: p.GetSeq(), Total: p.GetTotal()}
	for _, m := range p.GetMembers() {
		s.Members = append(s.Members, contract.Member{User: m.GetUser(), Info: m.GetInfo()})
	}
	return s
}

func toEvent(e contract.AdapterEvent) *pb.SessionEvent {
	switch {
	case e.Message != nil:
		return &pb.SessionEvent{Event: &pb.SessionEvent_Message{Message: toMessage(*e.Message)}}
	case e.State != nil:
		return &pb.SessionEvent{Event: &pb.SessionEvent_State{State: &pb.StateChange{
			Cell: e.State.Cell, Epoch: e.State.Epoch, Seq: e.State.Seq, Incarnation: text(e.State.Incarnation),
			Change: toChange(e.State.Change), Result: toChangeResult(e.State.Result),
		}}}
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
		return contract.AdapterEvent{State: &contract.StateChange{
			Cell: e.State.GetCell(), Epoch: e.State.GetEpoch(), Seq: e.State.GetSeq(), Incarnation: e.State.GetIncarnation(),
			Change: fromChange(e.State.GetChange()), Result: fromChangeResult(e.State.GetResult()),
		}}, true
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
