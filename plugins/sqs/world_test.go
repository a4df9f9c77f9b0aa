package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/testserver"
)

// patience is how long a test waits for what must happen.
const patience = 2 * time.Minute

// onBoth runs a test on both servers, with standard and FIFO queues.
func onBoth(t *testing.T, run func(t *testing.T, w *world)) {
	for name, server := range map[string]func() *testserver.SQS{"fauxqs": fauxqs, "ElasticMQ": elasticMQ} {
		for _, fifo := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, fifo %t", name, fifo), func(t *testing.T) {
				t.Parallel()
				run(t, newWorld(t, settings(server().URL, fifo)))
			})
		}
	}
}

// world is a driver, and a queue of it that only one test uses.
type world struct {
	*testing.T
	settings map[string]any
	q        *queue
	name     string
	made     int
}

func newWorld(t *testing.T, s map[string]any) *world {
	return &world{T: t, settings: s, q: openTest(t, s), name: "t-" + rand.Text()}
}

// with opens another driver for the same queue, with other settings.
func (w *world) with(change map[string]any) *world {
	other := *w
	other.settings = map[string]any{}
	for _, some := range []map[string]any{w.settings, change} {
		for k, v := range some {
			other.settings[k] = v
		}
	}
	other.q = openTest(w.T, other.settings)
	return &other
}

func (w *world) job(group string) contract.Job {
	w.made++
	return contract.Job{Queue: w.name, ID: fmt.Sprint("job", w.made), GroupKey: group, Body: []byte(`{"n":1}`)}
}

func (w *world) enqueue(jobs ...contract.Job) {
	w.Helper()
	if err := errors.Join(w.q.Enqueue(w.Context(), jobs)...); err != nil {
		w.Fatal(err)
	}
}

func (w *world) consumer(lease time.Duration) contract.Consumer {
	w.Helper()
	c, err := w.q.Consume(w.Context(), contract.ConsumeOptions{Queue: w.name, Consumer: "w", Lease: lease})
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { _ = c.Close() })
	return c
}

func (w *world) take(c contract.Consumer) contract.Delivery {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.Context(), patience)
	defer cancel()
	ds, err := c.Receive(ctx, 1)
	if err != nil {
		w.Fatal(err)
	}
	return ds[0]
}

// ready waits until the queue is there. An endpoint that was started a moment
// ago may need long for it.
func (w *world) ready() {
	w.Helper()
	w.until("the queue", func() bool {
		_, err := w.q.line(w.Context(), w.name)
		return err == nil
	})
}

// url is the queue's own.
func (w *world) url() string {
	w.Helper()
	l, err := w.q.line(w.Context(), w.name)
	if err != nil {
		w.Fatal(err)
	}
	return l.place().url
}

// put sends any text, as a stranger would.
func (w *world) put(text string) {
	w.Helper()
	in := &sqs.SendMessageInput{QueueUrl: aws.String(w.url()), MessageBody: aws.String(text)}
	if w.q.opts.FIFO {
		in.MessageGroupId, in.MessageDeduplicationId = aws.String("stranger"), aws.String(rand.Text())
	}
	if _, err := w.q.api.(*sqs.Client).SendMessage(w.Context(), in); err != nil {
		w.Fatal(err)
	}
}

func (w *world) dead() []contract.DeadLetter {
	w.Helper()
	dead, _, err := w.q.ListDead(w.Context(), w.name, "", 1000)
	if err != nil {
		w.Fatal(err)
	}
	return dead
}

func (w *world) until(what string, ok func() bool) {
	w.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); !ok(); <-tick.C {
		if time.Now().After(end) {
			w.Fatalf("waited for %s in vain", what)
		}
	}
}

func want[V comparable](t *testing.T, what string, got, want V) {
	t.Helper()
	if got != want {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

func wantErr(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: %v, want %v", what, err, want)
	}
}

func contextFor(t *testing.T, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(t.Context(), d)
}
