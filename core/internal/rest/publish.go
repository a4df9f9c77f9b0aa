package rest

import (
	"errors"
	"slices"

	"github.com/jackfield/jackfield/core/internal/apps"
	"github.com/jackfield/jackfield/core/internal/frame"
	"github.com/jackfield/jackfield/core/internal/hub"
	"github.com/jackfield/jackfield/core/internal/pusher"
)

func publishLimits(l *apps.Limits) pusher.Limits {
	return pusher.Limits{
		EventName:   l.EventNameLength,
		ChannelName: l.ChannelNameLength,
		Channels:    l.ChannelsPerEvent,
		Data:        l.EventBytes,
		Batch:       l.BatchSize,
	}
}

func (s *Server) publishEvent(c *call) ([]byte, error) {
	event, err := pusher.ParseEvent(c.scratch.body, publishLimits(&c.app.Limits))
	if err != nil {
		return nil, err
	}
	key := event.IdempotencyKey
	if key == "" {
		key = c.r.Header.Get(keyHeader)
	}
	return s.once(c, singleKeys, key, c.scratch.body, func() ([]byte, error) { return s.publishOne(c, &event) })
}

func (s *Server) publishOne(c *call, event *pusher.Event) ([]byte, error) {
	if err := s.publish(c, event); err != nil {
		return nil, err
	}
	out := append(c.scratch.out, '{')
	if event.Info != 0 {
		out = append(out, `"channels":{`...)
		for i, ch := range event.Channels {
			if i > 0 {
				out = append(out, ',')
			}
			out = appendName(out, ch.Name)
			out = s.appendInfo(out, c, ch, event.Info)
		}
		out = append(out, '}')
	}
	c.scratch.out = append(out, '}')
	return c.scratch.out, nil
}

func (s *Server) publishBatch(c *call) ([]byte, error) {
	events, err := pusher.ParseBatch(c.scratch.body, publishLimits(&c.app.Limits))
	if err != nil {
		return nil, err
	}
	key := c.r.Header.Get(keyHeader)
	return s.once(c, batchKeys, key, c.scratch.body, func() ([]byte, error) { return s.publishAll(c, events) })
}

func (s *Server) publishAll(c *call, events []pusher.Event) ([]byte, error) {
	claims, targets, err := s.claimItems(c, events)
	if err == nil && len(targets) > 0 {
		err = s.publish(c, targets...)
	}
	s.settle(c, claims, emptyAnswer, err)
	if err != nil {
		return nil, err
	}
	out := append(c.scratch.out, '{')
	if slices.ContainsFunc(events, func(e pusher.Event) bool { return e.Info != 0 }) {
		out = append(out, `"batch":[`...)
		for i := range events {
			if i > 0 {
				out = append(out, ',')
			}
			out = s.appendInfo(out, c, events[i].Channels[0], events[i].Info)
		}
		out = append(out, ']')
	}
	c.scratch.out = append(out, '}')
	return c.scratch.out, nil
}

// encode makes the frames of an event, one for each channel, for all subscribers.
func (x *scratch) encode(e *pusher.Event) {
	for _, ch := range e.Channels {
		x.payload = pusher.AppendEvent(x.payload[:0], e.Name, ch.Name, e.Data, "")
		whole := make([]byte, 0, frame.HeaderLen(len(x.payload))+len(x.payload))
		x.msgs = append(x.msgs, hub.Message{
			Channel: ch.Name,
			Frame:   frame.AppendText(whole, x.payload),
			Except:  e.Except,
			Cache:   ch.Cache,
		})
	}
}

// publish encodes events and hands over all their messages, or none.
func (s *Server) publish(c *call, events ...*pusher.Event) error {
	count := 0
	for _, e := range events {
		count += len(e.Channels)
	}
	if err := s.limitPublish(c, count); err != nil {
		return err
	}
	for _, e := range events {
		c.scratch.encode(e)
	}
	msgs := c.scratch.msgs
	counters := s.opts.Counters.App(c.app.Record.ID)
	err := s.opts.Publisher.Publish(c.r.Context(), c.app.Record.ID, msgs)
	switch {
	case err == nil:
		counters.Published.Add(uint64(count))
	case errors.Is(err, hub.ErrFull):
		counters.PublishRefused.Add(1)
	}
	return err
}

// appendInfo appends the object with what was asked about a channel and exists
// for its type.
func (s *Server) appendInfo(dst []byte, c *call, ch pusher.Channel, asked pusher.Info) []byte {
	if asked == 0 {
		return append(dst, '{', '}')
	}
	known, _ := s.opts.Occupancy.Channel(c.app.Record.ID, ch.Name)
	return append(appendCounts(append(dst, '{'), ch, known, asked), '}')
}
