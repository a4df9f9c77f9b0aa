package main

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/testserver"
)

// counted counts the receive calls.
type counted struct {
	service
	receives atomic.Int64
}

func (c *counted) ReceiveMessage(ctx context.Context, in *sqs.ReceiveMessageInput, f ...func(*sqs.Options)) (*sqs.ReceiveMessageOutput, error) {
	c.receives.Add(1)
	return c.service.ReceiveMessage(ctx, in, f...)
}

func TestAnEndpointThatWasKilledComesBackWithItsJobs(t *testing.T) {
	t.Parallel()
	server := testserver.StartElasticMQ(t, true)
	w := newWorld(t, settings(server.URL, true))
	c := w.consumer(30 * time.Second)
	kept, done := w.job("kept"), w.job("done")
	w.enqueue(done)
	out := w.take(c)
	w.enqueue(kept)
	server.Kill()

	wantErr(t, "Enqueue", w.q.Enqueue(t.Context(), []contract.Job{w.job("g")})[0], contract.ErrUnavailable)
	wantErr(t, "Ack", c.Ack(t.Context(), out), contract.ErrUnavailable)
	wantErr(t, "Extend", c.Extend(t.Context(), out, 30*time.Second), contract.ErrUnavailable)
	w.until("bad health", func() bool { return w.q.Health(t.Context()) != nil })
	calls := &counted{service: w.q.api}
	waitsCalmly(w, calls)

	server.Restart()
	want(t, "the job that was kept", w.take(c).Job.ID, kept.ID)
	if err := c.Ack(t.Context(), out); err != nil {
		t.Errorf("Ack of the job that was out: %v", err)
	}
	if err := w.q.Health(t.Context()); err != nil {
		t.Errorf("Health: %v", err)
	}
}

// waitsCalmly lets another driver wait for jobs of an endpoint that is away, and
// counts its calls.
func waitsCalmly(w *world, calls *counted) {
	q := newQueue(*w.q.opts, calls, nil)
	l := newLine(q, w.name, w.q.lines[w.name].line.place())
	l.start()
	ctx, cancel := contextFor(w.T, 3*time.Second)
	defer cancel()
	_, err := l.consume(time.Second).Receive(ctx, 1)
	wantErr(w.T, "Receive", err, contract.ErrTimeout)
	l.close()
	q.stop()
	q.wg.Wait()
	if n := calls.receives.Load(); n < 2 || n > 12 {
		w.Errorf("%d receive calls in 3 seconds while the endpoint was away", n)
	}
}

func TestAnEndpointThatHangsLosesNothing(t *testing.T) {
	t.Parallel()
	server := testserver.StartFauxqs(t)
	w := newWorld(t, settings(server.URL, true))
	c := w.consumer(time.Minute)
	w.enqueue(w.job("g"))
	out := w.take(c)
	server.Pause()
	job := w.job("h")
	ctx, cancel := contextFor(t, 500*time.Millisecond)
	defer cancel()
	wantErr(t, "Enqueue", w.q.Enqueue(ctx, []contract.Job{job})[0], contract.ErrTimeout)
	wantErr(t, "Ack", c.Ack(ctx, out), contract.ErrTimeout)
	if w.q.pulse.isFresh() {
		t.Log("the last answer still counts")
	}
	server.Resume()
	w.enqueue(job)
	want(t, "the job", w.take(c).Job.ID, job.ID)
	w.until("the job that is done to be gone", func() bool {
		_ = c.Ack(t.Context(), out)
		st, err := w.q.Stats(t.Context(), w.name)
		return err == nil && st.Out == 1 && st.Waiting == 0
	})
}

func TestOnePollWaitsForAnIdleConsumer(t *testing.T) {
	w := newWorld(t, settings(fauxqs().URL, false))
	calls := &counted{service: w.q.api}
	w.q.api = calls
	c := w.consumer(time.Second)
	for range 20 { // calls that end early do not cut off the poll
		ctx, cancel := contextFor(t, 20*time.Millisecond)
		_, err := c.Receive(ctx, 10)
		cancel()
		wantErr(t, "Receive", err, contract.ErrTimeout)
	}
	if n := calls.receives.Load(); n < 1 || n > 3 {
		t.Errorf("%d receive calls for an idle consumer that asked 20 times", n)
	}
}
