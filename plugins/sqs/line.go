package main

import (
	"context"
	"crypto/rand"
	"sync"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// line is one queue of jobs.
type line struct {
	q       *queue
	name    string
	claims  claims
	remover remover
	scan    sync.Mutex // one look at the dead letters at a time

	wake     chan struct{} // has a token when the poller may have something to do
	kept     chan struct{} // has a token when the keeper may
	repairs  chan struct{} // has a token when the queue is gone
	closing  chan struct{} // closed by close
	shut     sync.Once
	pollDone chan struct{} // closed when the poller has ended

	mu        sync.Mutex
	at        place
	consumers map[*consumer]bool
	waiters   []*waiter
	spares    []*message          // received, in order, and nobody's yet
	held      map[string]*message // out, by receipt
	groups    map[string]int      // jobs out, by group
	ids       map[string]string   // SQS's ids of jobs out, by the job's id
	extra     map[string]uint32   // receives that were no hand-over, by message id
	done      recentIDs           // jobs acknowledged here
	sequence  uint64              // of receipts
}

// waiter is a Receive that waits. got has room for its one answer.
type waiter struct {
	c    *consumer
	most int
	got  chan []contract.Delivery
}

// message is a received message.
type message struct {
	env      *envelope
	body     string // as received
	id       string // SQS's
	handle   string
	received time.Time
	hidden   time.Time // until when SQS keeps it from others
	born     time.Time // when SQS got it
	count    uint32    // receives, this one included
	first    time.Time // when it was first received
	parked   string    // why it is a dead letter, if it was no job

	attempt  uint32
	receipt  string
	consumer *consumer
	deadline time.Time     // of the lease
	lock     chan struct{} // has its token while nobody settles
	finished bool          // the worker said it is done, and SQS may not know
}

const (
	// margin is how much longer than a lease SQS hides a message.
	margin = 5 * time.Second
	// spare is how long a message waits here for a consumer.
	spare = 3 * time.Second
	// mostExtra bounds the memory of receives that were no hand-over.
	mostExtra = 100_000
)

func newRun() string { return rand.Text()[:12] }

func newLine(q *queue, name string, at place) *line {
	l := &line{
		q: q, name: name, at: at,
		wake: make(chan struct{}, 1), kept: make(chan struct{}, 1), repairs: make(chan struct{}, 1),
		closing: make(chan struct{}), pollDone: make(chan struct{}),
		consumers: map[*consumer]bool{}, held: map[string]*message{}, groups: map[string]int{}, ids: map[string]string{},
		extra: map[string]uint32{},
	}
	l.remover.line = l
	return l
}

func (l *line) start() {
	l.q.wg.Go(func() { defer close(l.pollDone); l.poll(l.q.ctx) })
	l.q.wg.Go(func() { l.keep(l.q.ctx) })
	l.q.wg.Go(func() { l.repairLoop(l.q.ctx) })
}

// closeGrace is how long close waits for a poll that is under way.
const closeGrace = 2 * time.Second

// close ends hand-overs and gives back what nobody took.
func (l *line) close() {
	l.shut.Do(func() { close(l.closing) })
	timer := time.NewTimer(closeGrace)
	defer timer.Stop()
	select {
	case <-l.pollDone:
	case <-timer.C:
	}
	ctx, cancel := context.WithTimeout(context.Background(), closeGrace)
	defer cancel()
	l.release(ctx, l.takeSpares(func(*message) bool { return true }))
}

func (l *line) place() place {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.at
}

// poke leaves a token without waiting.
func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

func (l *line) repairSoon() { poke(l.repairs) }

// repairLoop makes the queue anew when somebody found that it is gone.
func (l *line) repairLoop(ctx context.Context) {
	for {
		select {
		case <-l.repairs:
		case <-ctx.Done():
			return
		}
		l.repair(ctx)
		if !pause(ctx, refusalLasts) {
			return
		}
	}
}

func (l *line) repair(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, prepareTimeout)
	defer cancel()
	at, err := l.q.prepare(ctx, l.name)
	if err != nil {
		l.q.log.Warn("an SQS queue is gone and cannot be made", "queue", l.name, "err", err)
		return
	}
	l.mu.Lock()
	l.at = at
	l.mu.Unlock()
}

// pause waits; false if ctx ended.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// attempts is how often a job may be handed over.
func (l *line) attempts(e *envelope) uint32 {
	if e.MaxAttempts > 0 {
		return e.MaxAttempts
	}
	return uint32(l.q.opts.Reliability.MaxAttempts)
}
