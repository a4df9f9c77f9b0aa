package adapter

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// bodies decodes a batch to channel:stream/n.
func bodies(t *testing.T, msgs []contract.BusMessage) (all []string) {
	t.Helper()
	for _, m := range msgs {
		e, err := decode(m.Body)
		if err != nil || e.incarnation != "me" {
			t.Fatalf("%+v, %v", e, err)
		}
		all = append(all, fmt.Sprintf("%s:%d/%d", e.channel, e.stream, e.n))
	}
	return all
}

func TestMessagesAreNumberedPerTopic(t *testing.T) {
	now := time.Hour
	o := newOutbox(func() time.Duration { return now }, &counters{})
	for _, ch := range []string{"x", "y", "x"} {
		o.add(topicOf("app", ch), envelope{kind: kindMessage, channel: ch})
	}
	msgs, batch := o.batch("me")
	if got := fmt.Sprint(bodies(t, msgs)); got != "[x:1/1 y:2/1 x:1/2]" {
		t.Errorf("got %s", got)
	}
	o.add(topicOf("app", "z"), envelope{kind: kindMessage, channel: "z"})
	o.sent(batch)
	if n, _ := o.held(); n != 1 {
		t.Errorf("%d messages are left", n)
	}
}

func TestAFullBufferLosesTheOldest(t *testing.T) {
	now, counts := time.Hour, counters{}
	o := newOutbox(func() time.Duration { return now }, &counts)
	large := make([]byte, 1<<20)
	for range 20 {
		o.add(topicOf("app", "x"), envelope{kind: kindMessage, channel: "x", frame: large})
	}
	if _, bytes := o.held(); bytes > outboxBytes || counts.lost[lostFull].Load() != 5 {
		t.Errorf("%d bytes are held, %d messages were lost", bytes, counts.lost[lostFull].Load())
	}
	msgs, batch := o.batch("me")
	if got := fmt.Sprint(bodies(t, msgs)); got != "[x:1/6]" {
		t.Errorf("the first batch is %s", got)
	}
	o.add(topicOf("app", "x"), envelope{kind: kindMessage, channel: "x", frame: large}) // pushes the batch out
	o.sent(batch)
	if n, _ := o.held(); n != 15 {
		t.Errorf("%d messages are left, want 15", n)
	}
	now += outboxAge + 1
	if msgs, _ := o.batch("me"); len(msgs) != 0 || counts.lost[lostOld].Load() != 15 {
		t.Errorf("%d old messages are sent, %d were dropped", len(msgs), counts.lost[lostOld].Load())
	}
	o.drain(t.Context())
}

func TestDrainWaitsForWhatIsLeft(t *testing.T) {
	o := newOutbox(func() time.Duration { return time.Hour }, &counters{})
	o.add(topicOf("app", "x"), envelope{kind: kindMessage})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	o.drain(ctx)
	done := make(chan struct{})
	go func() { o.drain(context.Background()); close(done) }()
	_, batch := o.batch("me")
	o.sent(batch)
	<-done
	o.close()
	o.add(topicOf("app", "x"), envelope{kind: kindMessage})
	if n, _ := o.held(); n != 0 {
		t.Errorf("a closed buffer holds %d messages", n)
	}
}

func TestDoublesAreDroppedAndGapsCounted(t *testing.T) {
	counts := counters{}
	wanted := true
	h := newHeard(&counts, func(contract.Topic) bool { return wanted })
	topic := topicOf("app", "x")
	for i, c := range []struct {
		sender    string
		stream, n uint64
		fresh     bool
	}{
		{"a", 1, 5, true}, // the first that is heard tells nothing of those before
		{"a", 1, 6, true},
		{"a", 1, 6, false},
		{"a", 1, 4, false},
		{"b", 1, 1, true},
		{"a", 1, 9, true}, // two are missing
		{"a", 2, 1, true}, // a new stream
	} {
		if got := h.fresh(topic, &envelope{incarnation: c.sender, stream: c.stream, n: c.n}); got != c.fresh {
			t.Errorf("message %d: fresh is %t", i, got)
		}
	}
	if counts.doubles.Load() != 2 || counts.lost[lostGap].Load() != 2 {
		t.Errorf("%d doubles, %d lost", counts.doubles.Load(), counts.lost[lostGap].Load())
	}
	wanted = false
	h.forget([]contract.Topic{topic})
	if !h.fresh(topic, &envelope{incarnation: "a", stream: 2, n: 1}) || len(h.topics) != 0 {
		t.Errorf("%d topics are remembered that nobody wants", len(h.topics))
	}
	wanted = true
	if !h.fresh(topic, &envelope{incarnation: "a", stream: 2, n: 1}) {
		t.Error("a topic that was left is remembered")
	}
	for i := range 3 * maxSenders {
		h.fresh(topic, &envelope{incarnation: fmt.Sprint("s", i), stream: 1, n: 1})
	}
	if n := len(h.topics[topic]); n > maxSenders {
		t.Errorf("%d senders are remembered", n)
	}
}
