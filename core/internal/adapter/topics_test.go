package adapter

import (
	"slices"
	"testing"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// topicBench is a table of topics with a clock of its own.
type topicBench struct {
	*topics
	t     *testing.T
	clock time.Duration
	ready []string
}

func newTopicBench(t *testing.T) *topicBench {
	b := &topicBench{t: t, clock: time.Hour}
	b.topics = newTopics(func() time.Duration { return b.clock })
	b.step(1, appTopic)
	return b
}

func (b *topicBench) hear(name string) contract.Topic {
	topic := contract.Topic{Name: name}
	b.want(topic, func() { b.ready = append(b.ready, name) })
	return topic
}

// step subscribes in a session to what is due, which must be these topics.
func (b *topicBench) step(serial uint64, want ...contract.Topic) (left []contract.Topic) {
	b.t.Helper()
	enter, left, _ := b.next(serial)
	got := slices.Clone(enter)
	slices.SortFunc(got, func(a, b contract.Topic) int { return len(a.Name) - len(b.Name) })
	if !slices.Equal(got, want) {
		b.t.Fatalf("to be subscribed to: %v, want %v", got, want)
	}
	for _, ready := range b.entered(enter, serial) {
		ready()
	}
	return left
}

func TestWhoWaitsIsToldWhenTheTopicIsHeard(t *testing.T) {
	b := newTopicBench(t)
	x := b.hear("x")
	if ready, due := b.impatient(false); len(ready) > 0 || due != b.clock+readyWait {
		t.Errorf("%d are impatient, the next one at %v", len(ready), due)
	}
	b.step(1, x)
	if !slices.Equal(b.ready, []string{"x"}) {
		t.Errorf("told: %v", b.ready)
	}
	b.step(2, x, appTopic) // a new session hears nothing yet
	if len(b.ready) != 1 {
		t.Error("told a second time")
	}
}

func TestNobodyWaitsLongForATopic(t *testing.T) {
	b := newTopicBench(t)
	b.hear("x")
	b.clock += readyWait
	ready, _ := b.impatient(false)
	for _, f := range ready {
		f()
	}
	b.hear("y")
	ready, due := b.impatient(true)
	for _, f := range ready {
		f()
	}
	if !slices.Equal(b.ready, []string{"x", "y"}) || due != 0 {
		t.Errorf("told: %v, the next one at %v", b.ready, due)
	}
}

func TestATopicIsLeftALittleLater(t *testing.T) {
	b := newTopicBench(t)
	x, y := b.hear("x"), b.hear("yy")
	b.step(1, x, y)
	b.leave(x)
	b.leave(y)
	b.hear("x") // is back
	if left := b.step(1, x); len(left) > 0 {
		t.Fatalf("left at once: %v", left)
	}
	if _, _, due := b.next(1); due != b.clock+stayTime {
		t.Errorf("the next one is left at %v", due)
	}
	b.clock += stayTime
	if left := b.step(1); !slices.Equal(left, []contract.Topic{y}) {
		t.Errorf("left: %v, want %v", left, y)
	}
	if b.len() != 2 {
		t.Errorf("%d topics are known", b.len())
	}
}
