package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/jackfield/jackfield/sdk/contract"
)

func TestAMessageThatIsNoJobIsParkedAsItIs(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		const old = `{"app_id":"a","app_secret":"s"}`
		c := w.consumer(10 * time.Second)
		w.put(old)
		job := w.job("g")
		w.enqueue(job)
		want(t, "the job behind it", w.take(c).Job.ID, job.ID)
		var dead []contract.DeadLetter
		w.until("the dead letter", func() bool { dead = w.dead(); return len(dead) == 1 })
		want(t, "body", string(dead[0].Job.Body), old)
		if !strings.Contains(dead[0].Reason, "not a job") || dead[0].Job.ID == "" || dead[0].DiedAt.IsZero() {
			t.Errorf("the dead letter is %+v", dead[0])
		}
		if n, err := w.q.ReplayDead(t.Context(), w.name, []string{dead[0].Job.ID}); n != 1 || err != nil {
			t.Errorf("replayed %d, %v", n, err)
		}
		w.until("it to be parked again", func() bool {
			ctx, cancel := contextFor(t, 100*time.Millisecond)
			defer cancel()
			_, err := c.Receive(ctx, 1)
			wantErr(t, "Receive", err, contract.ErrTimeout)
			dead = w.dead()
			return len(dead) == 1
		})
		if n, err := w.q.PurgeDead(t.Context(), w.name, nil); n != 1 || err != nil {
			t.Errorf("purged %d, %v", n, err)
		}
	})
}

func TestAnotherProcessSettlesByTheReceiptOfTheFirst(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		tired := w.job("tired")
		tired.MaxAttempts = 1
		w.enqueue(w.job("done"), w.job("back"), w.job("rejected"), w.job("kept"), tired)
		first := w.consumer(time.Hour)
		out := map[string]contract.Delivery{}
		for range 5 {
			d := w.take(first)
			out[d.Job.GroupKey] = d
		}
		second := w.with(nil)
		c := second.consumer(time.Hour)
		ctx := t.Context()
		for what, err := range map[string]error{
			"Ack":                      c.Ack(ctx, out["done"]),
			"Reject":                   c.Reject(ctx, out["rejected"], "no"),
			"Extend":                   c.Extend(ctx, out["kept"], time.Hour),
			"Nack of the last attempt": c.Nack(ctx, out["tired"], "tired", 0),
			"Nack":                     c.Nack(ctx, out["back"], "try again", 0),
		} {
			if err != nil {
				t.Errorf("%s: %v", what, err)
			}
		}
		d := second.take(c)
		want(t, "the job given back", d.Job.GroupKey, "back")
		want(t, "its attempt", d.Attempt, 2)
		want(t, "dead letters", len(second.dead()), 2)
		wantErr(t, "a receipt of nobody", c.Ack(ctx, contract.Delivery{Receipt: "x"}), contract.ErrNotFound)
	})
}

func TestJobsNobodyCameForGoBackAndCountNoAttempt(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		c := w.consumer(time.Hour)
		l, err := w.q.line(t.Context(), w.name)
		if err != nil {
			t.Fatal(err)
		}
		w.enqueue(w.job("g"))
		for range 2 { // two receives that end without a consumer
			ms, err := l.receive(t.Context(), l.ask(10))
			if err != nil {
				t.Fatal(err)
			}
			l.sift(t.Context(), ms)
			w.until("the message to be given back", func() bool { l.mu.Lock(); defer l.mu.Unlock(); return len(l.spares) == 0 })
		}
		d := w.take(c)
		want(t, "attempt", d.Attempt, 1)
	})
}

func TestAnExistingQueueKeepsItsRedrivePolicy(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		own, err := w.q.create(ctx, suffixed(w.name+"-own", w.q.opts.FIFO), nil)
		if err != nil {
			t.Fatal(err)
		}
		attributes, err := w.q.attributes(ctx, own, types.QueueAttributeNameQueueArn)
		if err != nil {
			t.Fatal(err)
		}
		policy := `{"deadLetterTargetArn":"` + attributes["QueueArn"] + `","maxReceiveCount":"2"}`
		if _, err = w.q.create(ctx, suffixed(w.name, w.q.opts.FIFO), map[string]string{"RedrivePolicy": policy}); err != nil {
			t.Fatal(err)
		}
		job := w.job("g")
		w.enqueue(job)
		l, err := w.q.line(ctx, w.name)
		if err != nil {
			t.Fatal(err)
		}
		want(t, "the dead-letter queue", nameOf(l.place().dead), w.name+"-own")
		c := w.consumer(time.Hour)
		for range 2 {
			if err := c.Nack(ctx, w.take(c), "no", 0); err != nil {
				t.Fatal(err)
			}
		}
		ctx, cancel := contextFor(t, 3*time.Second)
		defer cancel()
		if ds, _ := c.Receive(ctx, 1); len(ds) > 0 {
			t.Errorf("SQS hands over attempt %d, its policy ends after 2", ds[0].Attempt)
		}
		dead := w.dead()
		if len(dead) != 1 || dead[0].Job.ID != job.ID || !strings.Contains(dead[0].Reason, "SQS moved it") {
			t.Errorf("dead letters: %+v", dead)
		}
	})
}

func TestAQueueThatWasDeletedIsMadeAgain(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		c := w.consumer(10 * time.Second)
		w.enqueue(w.job("g"))
		if err := c.Ack(t.Context(), w.take(c)); err != nil {
			t.Fatal(err)
		}
		if _, err := w.q.api.(*sqs.Client).DeleteQueue(t.Context(), &sqs.DeleteQueueInput{QueueUrl: aws.String(w.url())}); err != nil {
			t.Fatal(err)
		}
		job := w.job("g")
		w.until("the queue to take jobs again", func() bool {
			err := w.q.Enqueue(t.Context(), []contract.Job{job})[0]
			if err != nil && !errors.Is(err, contract.ErrUnavailable) {
				t.Fatal(err)
			}
			return err == nil
		})
		want(t, "the job", w.take(c).Job.ID, job.ID)
	})
}

func TestQueuesByPrefixAndByURL(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		job := w.job("g")
		w.enqueue(job)
		url := w.url()
		prefix, _, _ := strings.Cut(url, w.name)
		byPrefix := w.with(map[string]any{"queue_url_prefix": prefix})
		c := byPrefix.consumer(time.Hour)
		want(t, "the job by prefix", byPrefix.take(c).Job.ID, job.ID)

		byURL := w.with(map[string]any{"queue_url": url})
		byURL.name = "webhooks"
		next := byURL.job("h")
		next.ID = "next"
		byURL.enqueue(next)
		want(t, "the job by URL", byPrefix.take(c).Job.ID, "next")
		byURL.name = "other"
		_, err := byURL.q.Consume(t.Context(), contract.ConsumeOptions{Queue: "other", Lease: time.Second})
		wantErr(t, "a second queue by one URL", err, contract.ErrInvalid)

		made := w.with(map[string]any{"queue_url_prefix": prefix + "made-"})
		made.enqueue(made.job("g"))
		want(t, "a queue made by prefix", strings.Contains(made.url(), "made-"+w.name), true)
	})
}

func TestAQueueOfTheOtherTypeIsRefused(t *testing.T) {
	for _, fifo := range []bool{false, true} {
		q := newQueue(options{FIFO: fifo}, nil, nil)
		if err := q.checkType("u", map[string]string{"FifoQueue": fmt.Sprint(fifo)}); err != nil {
			t.Error(err)
		}
		err := q.checkType("u", map[string]string{"FifoQueue": fmt.Sprint(!fifo)})
		if !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), "queue.sqs.fifo") {
			t.Errorf("fifo %t: %v", fifo, err)
		}
	}
}

func TestAJobTooLargeForItsQueueIsRefusedAlone(t *testing.T) {
	w := newWorld(t, settings(fauxqs().URL, true))
	w.enqueue(w.job("g"))
	if _, err := w.q.api.SetQueueAttributes(t.Context(), &sqs.SetQueueAttributesInput{
		QueueUrl: aws.String(w.url()), Attributes: map[string]string{"MaximumMessageSize": "2048"},
	}); err != nil {
		t.Fatal(err)
	}
	again := w.with(nil)
	large, small := again.job("g"), again.job("g")
	large.Body = make([]byte, 3000)
	errs := again.q.Enqueue(t.Context(), []contract.Job{large, small})
	wantErr(t, "the large one", errs[0], contract.ErrInvalid)
	if errs[0] == nil || !strings.Contains(errs[0].Error(), "MaximumMessageSize") || errs[1] != nil {
		t.Errorf("got %v", errs)
	}
}

func TestDepthsShowAtTheScrape(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.enqueue(w.job("g"), w.job("h"))
		w.until("the depth", func() bool {
			for _, s := range w.q.Metrics() {
				if s.Name == "queue_depth" && s.Labels["state"] == "waiting" {
					return s.Value == 2
				}
			}
			return false
		})
	})
}

func TestWhoSettlesWhileTheLeaseEndsIsTold(t *testing.T) {
	w := newWorld(t, settings(fauxqs().URL, false))
	c := w.consumer(time.Hour)
	w.enqueue(w.job("g"))
	d := w.take(c)
	l := c.(*consumer).line
	l.mu.Lock()
	m := l.held[d.Receipt]
	l.mu.Unlock()
	<-m.lock // as the keeper takes it
	answer := make(chan error)
	go func() { answer <- c.Ack(context.Background(), d) }()
	l.endLease(t.Context(), m)
	select {
	case err := <-answer:
		wantErr(t, "Ack", err, contract.ErrNotFound)
	case <-time.After(patience):
		t.Fatal("Ack waits for ever")
	}
	want(t, "the next attempt", w.take(c).Attempt, 2)
}

func TestALongDelayEndsAcrossHides(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	m := &message{env: &envelope{DelayMS: 3_600_000}, born: now, count: 1, first: now.Add(15 * time.Minute), received: now.Add(15 * time.Minute)}
	want(t, "the rest at the first receive", m.wait(m.received), 45*time.Minute)
	m.count, m.first = 2, now.Add(15*time.Minute)
	want(t, "the rest at a later one", m.wait(now.Add(time.Hour)), 0)
	l := newLine(newQueue(options{}, nil, nil), "q", place{})
	want(t, "the first hand-over", l.attemptOf(m), 1)
	l.notHanded(m)
	want(t, "the same, known here", l.attemptOf(m), 1)
	m.count = 3
	want(t, "the second hand-over", l.attemptOf(m), 2)
}
