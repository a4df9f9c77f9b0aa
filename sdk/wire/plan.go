package wire

import (
	"context"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// group is a task of operations that go to the driver together.
type group[O any] struct {
	task
	class     opClass
	ops       []*O
	deadlines []time.Time
}

// submit has the operations of a message executed; answers go to r. Operations
// of one class whose keys nobody else is working on go to the driver together;
// one whose key is taken waits for it alone.
func (o *opServer[O, R, PO]) submit(ctx context.Context, ops []*O, r *responder[R]) {
	now := time.Now()
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
			g = &group[O]{class: class}
			g.run = func() { o.runGroup(ctx, g, r) }
			tasks = append(tasks, &g.task)
			if class != classAlone && holder == nil {
				open[class] = g
			}
		}
		o.exec.addLocked(&g.task, key)
		g.ops = append(g.ops, op)
		g.deadlines = append(g.deadlines, deadlineOf(PO(op).GetDeadlineMs(), now))
	}
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
func (o *opServer[O, R, PO]) runGroup(ctx context.Context, g *group[O], r *responder[R]) {
	refused := o.work.begin(len(g.ops))
	defer o.work.end(len(g.ops))
	results := newResults[R](len(g.ops))
	now := time.Now()
	var due []*O
	var dueResults []*R
	var last time.Time
	for i, op := range g.ops {
		o.set.reset(results[i], PO(op).GetId())
		switch {
		case refused != nil:
			o.set.fail(results[i], refused)
		case !g.deadlines[i].After(now):
			o.set.fail(results[i], contract.ErrTimeout)
		default:
			due, dueResults = append(due, op), append(dueResults, results[i])
			if g.deadlines[i].After(last) {
				last = g.deadlines[i]
			}
		}
	}
	if len(due) > 0 && ctx.Err() == nil {
		o.runDue(ctx, last, g.class, due, dueResults)
	}
	r.add(results)
}

func (o *opServer[O, R, PO]) runDue(ctx context.Context, deadline time.Time, class opClass, ops []*O, results []*R) {
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	if len(ops) == 1 {
		o.runOne(ctx, ops[0], results[0])
		return
	}
	o.runMany(ctx, class, ops, results)
}
