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

// submit has the operations of a message executed; answers go to r. Operations
// of one class whose keys nobody else is working on go to the driver together;
// one whose key is taken waits for it alone.
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
		class := o.set.class(op)
		holder := o.exec.last[key]
		g := open[class]
		if g == nil || !g.admits(holder) {
			g = &group[O]{class: class, turn: t}
			g.run = func() { o.runGroup(g, r) }
			tasks = append(tasks, &g.task)
			if class != classAlone && holder == nil {
				open[class] = g
			}
		}
		o.exec.addLocked(&g.task, key)
		g.ops = append(g.ops, op)
	}
	t.groups.Store(int32(len(tasks)))
	o.exec.startLocked(tasks)
}

// admits reports whether an operation whose key holder has may join.
func (g *group[O]) admits(holder *task) bool {
	if len(g.ops) >= maxBatchOps {
		return false
	}
	return holder == nil || holder == &g.task && g.class == classRepeat
}

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
