package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/jackfield/jackfield/sdk"
)

type diskOptions struct {
	Dir string `json:"dir" jsonschema:"where the journal is"`
}

// disk is a queue that outlives its processes, in a journal that several of them
// may share. At each step it does what the file of faults asks for.
type disk struct {
	dir string

	mu sync.Mutex
	*journal
}

func openDisk(_ context.Context, o diskOptions, _ sdk.Env) (sdk.Queue, error) {
	j, err := openJournal(o.Dir)
	return &disk{dir: o.Dir, journal: j}, err
}

// step notes a call and changes the journal, with the faults before and after it.
func (d *disk) step(name string, f func() []record) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.change(func() []record { return []record{{Op: "call", ID: name}} }); err != nil {
		return err
	}
	if err := fault(d.dir, name+" before"); err != nil {
		return err
	}
	if err := d.change(f); err != nil {
		return err
	}
	return fault(d.dir, name+" after")
}

func (d *disk) Enqueue(_ context.Context, jobs []sdk.Job) []error {
	errs := make([]error, len(jobs))
	for i, job := range jobs {
		errs[i] = d.step("enqueue", func() []record {
			if d.byID[job.ID] != nil {
				return nil
			}
			return []record{{Op: "add", ID: job.ID, Job: &job}}
		})
	}
	return errs
}

func (d *disk) Stats(context.Context, string) (sdk.QueueStats, error) {
	return sdk.QueueStats{Durability: sdk.OnDisk}, nil
}

func (d *disk) Consume(_ context.Context, o sdk.ConsumeOptions) (sdk.Consumer, error) {
	return &diskConsumer{disk: d, lease: o.Lease, drained: make(chan struct{})}, nil
}

type diskConsumer struct {
	*disk
	lease   time.Duration
	once    sync.Once
	drained chan struct{}
}

// lookPause is the time between two looks at a journal without a job to hand out.
const lookPause = 5 * time.Millisecond

func (c *diskConsumer) Receive(ctx context.Context, most int) ([]sdk.Delivery, error) {
	if err := c.step("receive", func() []record { return nil }); err != nil {
		return nil, err
	}
	for {
		select {
		case <-c.drained:
			return nil, sdk.ErrClosed
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(lookPause):
		}
		if out, err := c.take(most); err != nil || len(out) > 0 {
			return out, err
		}
	}
}

func (c *diskConsumer) take(most int) (out []sdk.Delivery, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	err = c.change(func() (records []record) {
		for _, i := range c.next(most, time.Now()) {
			attempt := i.attempts + 1
			out = append(out, sdk.Delivery{Job: i.Job, Attempt: attempt, EnqueuedAt: time.Now(), Receipt: fmt.Sprint(i.ID, "/", attempt)})
			records = append(records, record{Op: "out", ID: i.ID, Attempt: attempt, Until: time.Now().Add(c.lease)})
		}
		return records
	})
	if err == nil && len(out) > 0 {
		err = fault(c.dir, "receive handed")
	}
	return out, err
}

func (c *diskConsumer) settle(d sdk.Delivery, name string, r record) error {
	err := sdk.ErrNotFound
	if failed := c.step(name, func() []record {
		i := c.byID[d.Job.ID]
		if i == nil || i.ended || !i.out || !i.until.After(time.Now()) || d.Receipt != fmt.Sprint(i.ID, "/", i.attempts) {
			return nil
		}
		err, r.ID = nil, d.Job.ID
		return []record{r}
	}); failed != nil {
		return failed
	}
	return err
}

func (c *diskConsumer) Ack(_ context.Context, d sdk.Delivery) error {
	return c.settle(d, "ack", record{Op: "ack"})
}

func (c *diskConsumer) Nack(_ context.Context, d sdk.Delivery, _ string, after time.Duration) error {
	return c.settle(d, "nack", record{Op: "nack", Until: time.Now().Add(after)})
}

func (c *diskConsumer) Reject(_ context.Context, d sdk.Delivery, _ string) error {
	return c.settle(d, "reject", record{Op: "dead"})
}

func (c *diskConsumer) Extend(_ context.Context, d sdk.Delivery, lease time.Duration) error {
	return c.settle(d, "extend", record{Op: "extend", Until: time.Now().Add(lease)})
}

func (c *diskConsumer) Drain(context.Context) error {
	if err := fault(c.dir, "drain before"); err != nil {
		return err
	}
	c.once.Do(func() { close(c.drained) })
	return fault(c.dir, "drain after")
}

func (c *diskConsumer) Close() error { c.once.Do(func() { close(c.drained) }); return nil }
