package webhook

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/jackfield/jackfield/core/internal/metrics"
	"github.com/jackfield/jackfield/sdk/contract"
)

// Options of a Service. All fields are required unless they say otherwise.
type Options struct {
	Queue    contract.Queue
	Apps     Apps
	Counters func(appID string) *metrics.AppCounters
	// Requests takes the time of each request.
	Requests *metrics.Histogram
	Logger   hclog.Logger
	// Node names this consumer of the queue.
	Node     string
	Batching Batching
	Retry    Retry
	// RequestTimeout of webhooks that have none of their own.
	RequestTimeout time.Duration
	// Concurrency bounds the jobs at work on this node, PerWebhook the requests
	// to one webhook at a time.
	Concurrency, PerWebhook int
	// Lease of a job, and how often it is renewed.
	Lease, RenewInterval time.Duration
	// BufferBytes bounds what waits for a queue that does not take it; 0: 16 MiB.
	BufferBytes int
	// Transport makes the requests; nil: one of the service's own.
	Transport http.RoundTripper
	// Getenv finds the credentials for AWS Lambda; nil: os.Getenv.
	Getenv func(string) string
}

const defaultBuffer = 16 << 20

// Service brings the events of a node to the webhooks of its apps.
type Service struct {
	opts    Options
	began   time.Time
	sink    *Sink
	outbox  *outbox
	drops   *drops
	courier *courier

	wg       sync.WaitGroup
	finish   chan struct{}      // closed: the clerk ends when nothing waits
	idle     chan struct{}      // closed when the clerk has ended
	taken    chan struct{}      // closed when the courier takes no more
	stopHand context.CancelFunc // the clerk hands over nothing more
	stopTake context.CancelFunc // the courier takes no more
	stopWork context.CancelFunc // the courier's requests end
	ended    sync.Once
}

// New makes a service that does not run yet. Its Sink may be used at once.
func New(o Options) *Service {
	if o.BufferBytes == 0 {
		o.BufferBytes = defaultBuffer
	}
	if o.Getenv == nil {
		o.Getenv = os.Getenv
	}
	s := &Service{opts: o, began: time.Now(), finish: make(chan struct{}), idle: make(chan struct{}), taken: make(chan struct{})}
	s.drops = &drops{log: o.Logger}
	s.outbox = &outbox{
		batching: o.Batching, limit: o.BufferBytes, now: s.now, wall: time.Now, counters: o.Counters, drops: s.drops,
		wake: make(chan struct{}, 1), batches: map[string]*batch{}, lanes: map[string]*lane{}, share: map[string]int{},
	}
	s.sink = newSink(o.Apps.Held, s.now, s.outbox)
	return s
}

func (s *Service) now() time.Duration { return time.Since(s.began) }

// Sink takes the events. A nil Service has a nil Sink.
func (s *Service) Sink() *Sink {
	if s == nil {
		return nil
	}
	return s.sink
}

// Start begins to hand jobs to the queue and to take them from it. A nil Service
// has nothing to start or stop.
func (s *Service) Start(ctx context.Context) error {
	if s == nil {
		return nil
	}
	consumer, err := s.opts.Queue.Consume(ctx, contract.ConsumeOptions{
		Queue: QueueName, Consumer: s.opts.Node, Lease: s.opts.Lease,
	})
	if err != nil {
		return fmt.Errorf("consume webhook jobs: %w", err)
	}
	s.courier = s.newCourier(consumer)
	var hand, take, work context.Context
	hand, s.stopHand = context.WithCancel(context.Background())
	take, s.stopTake = context.WithCancel(context.Background())
	work, s.stopWork = context.WithCancel(context.Background())
	s.wg.Go(func() { defer close(s.idle); s.clerk(hand) })
	s.wg.Go(func() { defer close(s.taken); s.courier.take(take, work) })
	s.wg.Go(func() { s.courier.renew(work, s.opts.RenewInterval) })
	return nil
}

func (s *Service) newCourier(consumer contract.Consumer) *courier {
	o := s.opts
	c := &courier{
		queue: o.Queue, consumer: consumer, apps: o.Apps, plan: s.sink.planOf, sender: newSender(o.Transport, o.Getenv, time.Now),
		retry: o.Retry, timeout: o.RequestTimeout, lease: o.Lease, counters: o.Counters, took: o.Requests, log: o.Logger,
		wall: time.Now, credits: make(chan struct{}, o.Concurrency), receivers: newReceivers(o.Concurrency, o.PerWebhook),
		hands: map[string]*errand{},
	}
	c.release(o.Concurrency)
	return c
}
