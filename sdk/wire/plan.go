package wire

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// group is a task of operations that go to the driver together.
type group[O any] struct {
	task
	class opClass
	ops   []*O
	turn  *turn
}

// turn is what the operations of one message share: when it was read, and a
// context that ends with the last of their deadlines or the last of them.
type turn struct {
	ctx    context.Context
	cancel context.CancelFunc
	read   time.Time
	groups atomic.Int32 // unfinished
}

func (o *opServer[O, R, PO]) newTurn(ctx context.Context, ops []*O) *turn {
	t := &turn{read: time.Now()}
	last := t.read
	for _, op := range ops {
		if d := deadlineOf(PO(op).GetDeadlineMs(), t.read); d.After(last) {
			last = d
		}
	}
	t.ctx, t.cancel = context.WithDeadline(ctx, last)
	return t
}

func (t *turn) done() {
	if t.groups.Add(-1) == 0 {
		t.cancel()
	}
}

// submit has the operations of a message executed; answers go to r.
func (o *opServer[O, R, PO]) submit(ctx context.Context, ops []*O, r *responder[R]) {
	t := o.newTurn(ctx, ops)
	o.exec.mu.Lock()
	defer o.exec.mu.Unlock()
	var open [classes]*group[O]
	tasks := make([]*task, 0, len(ops))
	for _, op := range ops {
		key := PO(op).GetOrderKey()
		if key == "" {
			key = o.set.key(op)
		}
		class, shared := o.set.class(op)
		h := o.exec.keys[key]
		g := fitting(open[class], h, t, class, shared)
		if g == nil {
			g = &group[O]{class: class, turn: t}
			g.owner, g.run = g, func() { o.runGroup(g, r) }
			tasks = append(tasks, &g.task)
			if class != classAlone && !h.delays(shared) {
				open[class] = g
			}
		}
		o.exec.takeLocked(&g.task, key, shared)
		g.ops = append(g.ops, op)
	}
	t.groups.Store(int32(len(tasks)))
	o.exec.startLocked(tasks)
}

// fitting returns the group that an operation joins: the open one of its class,
// if its key, which h has, is no reason to wait; or the group of the same
// message that has its key, if the class allows it. Else it returns nil.
func fitting[O any](open *group[O], h *hold, t *turn, class opClass, shared bool) *group[O] {
	if class == classAlone {
		return nil
	}
	if g, ok := h.ownerOf().(*group[O]); ok && class != classDistinct && g.turn == t && g.class == class && g.hasRoom() {
		return g
	}
	if open != nil && open.hasRoom() && !h.delays(shared) {
		return open
	}
	return nil
}

func (g *group[O]) hasRoom() bool { return len(g.ops) < maxBatchOps }

// runGroup executes the operations of a group that are not late.
func (o *opServer[O, R, PO]) runGroup(g *group[O], r *responder[R]) {
	defer g.turn.done()
	refused := o.work.begin(len(g.ops))
	defer o.work.end(len(g.ops))
	results := newResults[R](len(g.ops))
	now := time.Now()
	due, dueResults := g.ops[:0:0], results[:0:0]
	for i, op := range g.ops {
		o.set.reset(results[i], PO(op).GetId())
		switch {
		case refused != nil:
			o.set.fail(results[i], refused)
		case !deadlineOf(PO(op).GetDeadlineMs(), g.turn.read).After(now):
			o.set.fail(results[i], contract.ErrTimeout)
		default:
			due, dueResults = append(due, op), append(dueResults, results[i])
		}
	}
	switch len(due) {
	case 0:
	case 1:
		o.runOne(g.turn.ctx, due[0], dueResults[0])
	default:
		o.runMany(g.turn.ctx, g.class, due, dueResults)
	}
	r.add(results)
}
