package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

var claimScript = mustScript("queue", "queue_take")

// claimBytes bounds the bodies of one claim.
const claimBytes = 4 << 20

// claims asks Redis for jobs, one call at a time.
type claims struct {
	q     *queue
	queue string
	lease time.Duration
	// unsure is the mark of the last claim if its answer was lost: what it handed
	// over comes with the next one.
	unsure string
}

// claimed is the answer.
type claimed struct {
	jobs []contract.Delivery
	next time.Duration // until something happens by itself; negative: never
	err  error
}

// start asks for n jobs, for which slots are reserved. It ends by itself,
// whoever stops waiting for the answer.
func (c *claims) start(n int) chan claimed {
	answer := make(chan claimed, 1)
	go func() {
		got := c.claim(n)
		for _, d := range got.jobs {
			c.q.slots.hold(d.Receipt, c, time.Now().Add(c.lease))
		}
		c.q.slots.giveBack(n)
		answer <- got
	}()
	return answer
}

func (c *claims) claim(n int) claimed {
	mark := rand.Text()
	reply, err := c.q.script(context.Background(), once, claimScript, c.queue,
		n, c.lease.Milliseconds(), mark, c.unsure, claimBytes)
	if err != nil {
		if c.unsure == "" && !notDone(err) {
			c.unsure = mark
		}
		return claimed{err: err}
	}
	c.unsure = ""
	return c.read(reply)
}

// read takes apart what queue_take.lua answers.
func (c *claims) read(reply any) claimed {
	list, _ := reply.([]any)
	if len(list) < 3 || len(list)%5 != 3 {
		return claimed{err: fmt.Errorf("%w: the script answered %d values", contract.ErrInternal, len(list))}
	}
	head := numbers(list[:3])
	c.q.counts.lost.Add(uint64(head[1]))
	c.q.counts.dead.Add(uint64(head[2]))
	got := claimed{next: -1}
	if head[0] >= 0 {
		got.next = millis(head[0])
	}
	for i := 3; i < len(list); i += 5 {
		d, err := c.delivery(list[i : i+5])
		if err != nil {
			return claimed{err: err}
		}
		got.jobs = append(got.jobs, d)
	}
	return got
}

// storedJob is a job as the scripts keep it, without the body.
type storedJob struct {
	ID    string `json:"id"`
	Group string `json:"group"`
	Max   uint32 `json:"max"`
	At    int64  `json:"at"`
}

func readJob(queue string, text, body any) (contract.Job, time.Time, error) {
	var s storedJob
	meta, _ := text.(string)
	if err := json.Unmarshal([]byte(meta), &s); err != nil {
		return contract.Job{}, time.Time{}, fmt.Errorf("%w: a job in Redis cannot be read: %w", contract.ErrInternal, err)
	}
	bytes, _ := body.(string)
	return contract.Job{Queue: queue, ID: s.ID, GroupKey: s.Group, Body: []byte(bytes), MaxAttempts: s.Max}, time.UnixMilli(s.At), nil
}

func (c *claims) delivery(values []any) (contract.Delivery, error) {
	job, at, err := readJob(c.queue, values[3], values[4])
	attempt, _ := values[1].(int64)
	receipt, _ := values[2].(string)
	return contract.Delivery{Job: job, Attempt: uint32(attempt), EnqueuedAt: at, Receipt: receipt}, err
}

// number reads a number that came as text.
func number(value any) int64 {
	text, _ := value.(string)
	n, _ := strconv.ParseInt(text, 10, 64)
	return n
}
