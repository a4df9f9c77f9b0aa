package hub

import (
	"context"
	"errors"
	"time"

	"github.com/jackfield/jackfield/core/internal/pusher"
)

// ErrFull is returned when a log has no room; no subscriber gets anything of
// the call then.
var ErrFull = errors.New("too much is waiting for the subscribers of this app")

// Message is one event for one channel.
type Message struct {
	Channel string
	// Frame is a whole WebSocket frame. The hub keeps it: it must not change.
	Frame []byte
	// Except is left out; the zero SocketID leaves nobody out.
	Except pusher.SocketID
	// Cache is set if this is an event that its channel keeps for newcomers.
	Cache bool
	// ID tells such events of one channel apart and grows with each of them; 0
	// for all other messages.
	ID uint64
}

// publishWait is how long Publish waits for room.
const publishWait = 100 * time.Millisecond

// Publish brings messages to the subscribers of their channels on this node, in
// this order, all or none: when a log stays full for 100 ms, or ctx ends, it
// returns ErrFull. It does not wait for the delivery.
func (h *Hub) Publish(ctx context.Context, appID string, msgs []Message) error {
	return h.publish(ctx, appID, msgs, publishWait)
}

// TryPublish is Publish without waiting for room.
func (h *Hub) TryPublish(appID string, msgs []Message) error {
	return h.publish(context.Background(), appID, msgs, 0)
}

func (h *Hub) publish(ctx context.Context, appID string, msgs []Message, wait time.Duration) error {
	v, ok := h.apps.Load(appID)
	if !ok {
		return nil
	}
	a := v.(*App)
	var few [16]*Channel
	targets, some := few[:0], false
	for i := range msgs {
		c := a.channel(msgs[i].Channel)
		targets = append(targets, c)
		some = some || c != nil
	}
	if !some {
		return nil
	}
	if wait == 0 {
		_, err := a.tryAppend(msgs, targets, false)
		return err
	}
	return a.waitAndAppend(ctx, msgs, targets, wait)
}

func (a *App) waitAndAppend(ctx context.Context, msgs []Message, targets []*Channel, wait time.Duration) error {
	w, err := a.tryAppend(msgs, targets, true)
	if w == nil {
		return err
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for w != nil {
		select {
		case <-w.ready:
			w, _ = a.tryAppend(msgs, targets, true)
		case <-timer.C:
			w.giveUp()
			return ErrFull
		case <-ctx.Done():
			w.giveUp()
			return ErrFull
		}
	}
	return nil
}

// tryAppend puts the messages in the logs of all shards that they concern. If
// one of the logs is full it does nothing: who is patient becomes a waiter in
// its row, others get ErrFull.
func (a *App) tryAppend(msgs []Message, targets []*Channel, patient bool) (*waiter, error) {
	h := a.hub
	h.lockShards(true, nil)
	defer h.unlockShards(true, nil)
	now := h.opts.Now()
	for i, l := range a.logs {
		size := 0
		for j, c := range targets {
			if c != nil && c.parts[i].count > 0 {
				size += len(msgs[j].Frame)
			}
		}
		switch {
		case size == 0 || !l.full(size, now):
		case patient:
			return l.wait(size), nil
		default:
			return nil, ErrFull
		}
	}
	for j, c := range targets {
		if c != nil {
			a.appendMessage(c, &msgs[j], now)
		}
	}
	return nil, nil
}

func (a *App) appendMessage(c *Channel, m *Message, now timestamp) {
	p := a.hub.pack()
	all, last := 0, 0
	for i := range c.parts {
		if n := c.parts[i].count; n > 0 {
			all, last = all+n, i
		}
	}
	for i, l := range a.logs {
		if c.parts[i].count == 0 {
			continue
		}
		e := entry{op: opMessage, ch: c, frame: m.Frame, except: m.Except, id: m.ID, packed: p, at: now}
		if i == last {
			e.to = int32(all)
		}
		l.shard.append(l, e)
	}
}
