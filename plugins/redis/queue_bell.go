package main

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/jackfield/jackfield/sdk/contract"
)

// How long the line of a bell may be silent before it is tested, and how long
// to wait after it broke.
const (
	bellQuiet = 10 * time.Second
	bellPause = 200 * time.Millisecond
	bellMost  = 5 * time.Second
)

// bell tells the consumers of one queue in this process that there may be work:
// one subscription for all of them.
type bell struct {
	q       *queue
	name    string
	users   int // guarded by q.mu
	line    *redis.PubSub
	stopped context.Context
	stop    context.CancelFunc
	wg      sync.WaitGroup

	mu        sync.Mutex
	rung      chan struct{} // closed when it rings, then replaced
	listening bool
}

// bellOf returns the bell of a queue, which whoever asked gives back by leave.
func (q *queue) bellOf(name string) *bell {
	q.mu.Lock()
	defer q.mu.Unlock()
	b := q.bells[name]
	if b == nil {
		b = &bell{q: q, name: name, rung: make(chan struct{})}
		b.stopped, b.stop = context.WithCancel(context.Background())
		b.line = q.pubsub.Subscribe(b.stopped)
		b.wg.Go(b.listen)
		q.bells[name] = b
	}
	b.users++
	return b
}

// leave ends the subscription when nobody needs it any more.
func (b *bell) leave() {
	b.q.mu.Lock()
	b.users--
	last := b.users == 0
	if last {
		delete(b.q.bells, b.name)
	}
	b.q.mu.Unlock()
	if last {
		b.stop()
		_ = b.line.Close()
		b.wg.Wait()
	}
}

// next returns what is closed at the next ring, and whether the bell hears
// anything at all now.
func (b *bell) next() (rung <-chan struct{}, listening bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.rung, b.listening
}

func (b *bell) ring(listening bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.listening = listening
	close(b.rung)
	b.rung = make(chan struct{})
}

// listen rings at every message, and whenever messages may have been missed.
func (b *bell) listen() {
	pause, warned := bellPause, false
	for b.stopped.Err() == nil {
		err := b.subscribe()
		if b.stopped.Err() != nil {
			return
		}
		if b.wasListening() {
			pause, warned = bellPause, false
		}
		b.ring(false)
		if !warned {
			b.q.logger.Warn("the channel that announces jobs is down; consumers look by themselves until it is back",
				"queue", b.name, "err", b.q.pubsub.explain(err))
		}
		warned = true
		sleep(b.stopped, pause)
		pause = min(2*pause, bellMost)
	}
}

func (b *bell) wasListening() bool {
	_, listening := b.next()
	return listening
}

// subscribe hears messages until the line breaks.
func (b *bell) subscribe() error {
	if err := b.line.Subscribe(b.stopped, b.q.channel(b.name)); err != nil {
		return err
	}
	for tested := false; ; {
		_, err := b.line.ReceiveTimeout(b.stopped, bellQuiet)
		switch {
		case err == nil:
			tested = false
			b.ring(true)
		case !isTimeout(err) || tested:
			return err
		default:
			if err := b.line.Ping(b.stopped); err != nil {
				return err
			}
			tested = true
		}
	}
}

// bellSamples tell of each queue whether its consumers hear of new jobs.
func (q *queue) bellSamples() (samples []contract.Sample) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for name, b := range q.bells {
		s := gauge("queue_announced", "Whether consumers hear of new jobs (1) or look for them (0).", 0)
		s.Labels = map[string]string{"queue": name}
		if b.wasListening() {
			s.Value = 1
		}
		samples = append(samples, s)
	}
	return samples
}

func isTimeout(err error) bool {
	network, ok := errors.AsType[net.Error](err)
	return ok && network.Timeout()
}
