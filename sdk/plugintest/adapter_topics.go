package plugintest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

var adapterTopics = []adapterCase{
	{name: "a message reaches the other sessions that subscribe to its topic, and no others", run: func(b *adapterBench) {
		from, to, other, none := b.join(hold), b.join(hold), b.join(hold), b.join(hold)
		from.subscribe("t")
		to.subscribe("t", "t2")
		other.subscribe("t2")
		from.publish("t", "hello")
		to.hears("t", "hello")
		from.quiet("a session does not hear itself")
		other.quiet("the session subscribes to another topic")
		none.quiet("the session subscribes to nothing")
	}},
	{name: "after Unsubscribe no message of the topic comes", run: func(b *adapterBench) {
		from, to := b.join(hold), b.join(hold)
		to.subscribe("t", "t2")
		wantNil(b.T, "Unsubscribe", to.Unsubscribe(b.Context(), []contract.Topic{b.topic("t")}))
		from.publish("t", "unheard")
		from.publish("t2", "heard")
		to.hears("t2", "heard")
		to.quiet("the session left the topic")
	}},
	{name: "messages published before Subscribe do not come", run: func(b *adapterBench) {
		from, to := b.join(hold), b.join(hold)
		from.publish("t", "early")
		to.subscribe("t")
		from.publish("t", "late")
		to.hears("t", "late")
	}},
	{name: "subscribing twice brings a message once", run: func(b *adapterBench) {
		from, to := b.join(hold), b.join(hold)
		to.subscribe("t", "t")
		to.subscribe("t")
		from.publish("t", "one")
		to.hears("t", "one")
		to.quiet("the message came")
	}},
	{name: "messages of one topic keep their order", run: func(b *adapterBench) {
		from, to := b.join(hold), b.join(hold)
		to.subscribe("t", "t2")
		for n := range 500 {
			from.publish("t", fmt.Sprint(n))
			if n%100 == 0 {
				from.publish("t2", "between")
			}
		}
		for n := 0; n < 500; {
			if m := to.message("a message"); m.Topic == b.topic("t") {
				wantSame(b.T, "message", string(m.Body), fmt.Sprint(n))
				n++
			}
		}
	}},
	{name: "a body is any bytes, and the adapter keeps no hold of it", run: func(b *adapterBench) {
		from, to := b.join(hold), b.join(hold)
		to.subscribe("t")
		for _, size := range []int{0, 1, 1000, 1 << 20} {
			body := noise(uint64(size), size)
			msg := contract.BusMessage{Topic: b.topic("t"), Body: body}
			wantNil(b.T, "Publish", from.Publish(b.Context(), []contract.BusMessage{msg}))
			want := string(body)
			clear(body)
			wantSame(b.T, "the same body", string(to.message("a message").Body) == want, true)
		}
	}},
	{name: "a cancelled Receive loses no event", run: func(b *adapterBench) {
		from, to := b.join(hold), b.join(hold)
		to.subscribe("t")
		for n := range 200 {
			from.publish("t", fmt.Sprint(n))
			to.interrupted(n)
		}
		for n := range 200 {
			to.hears("t", fmt.Sprint(n))
		}
	}},
}

func (m *member) subscribe(names ...string) {
	m.b.Helper()
	var topics []contract.Topic
	for _, n := range names {
		topics = append(topics, m.b.topic(n))
	}
	wantNil(m.b.T, "Subscribe", m.Subscribe(m.b.Context(), topics))
}

func (m *member) publish(name, body string) {
	m.b.Helper()
	msg := contract.BusMessage{Topic: m.b.topic(name), Body: []byte(body)}
	wantNil(m.b.T, "Publish", m.Publish(m.b.Context(), []contract.BusMessage{msg}))
}

// message waits for the next message and passes over changes of state.
func (m *member) message(what string) contract.BusMessage {
	m.b.Helper()
	for {
		if e := m.next(what); e.Message != nil {
			return *e.Message
		}
	}
}

func (m *member) hears(name, body string) {
	m.b.Helper()
	got := m.message(body)
	wantSame(m.b.T, "topic", got.Topic, m.b.topic(name))
	wantSame(m.b.T, "message", string(got.Body), body)
}

// interrupted receives with a context that is over, or soon.
func (m *member) interrupted(n int) {
	m.b.Helper()
	ctx, cancel := context.WithTimeout(m.b.Context(), time.Duration(n%5)*50*time.Microsecond)
	defer cancel()
	events, err := m.Receive(ctx)
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		wantKnown(m.b.T, "Receive", err)
	}
	m.events = append(m.events, events...)
}
