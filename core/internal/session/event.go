package session

import (
	"fmt"

	"github.com/jackfield/jackfield/core/internal/apps"
	"github.com/jackfield/jackfield/core/internal/frame"
	"github.com/jackfield/jackfield/core/internal/hub"
	"github.com/jackfield/jackfield/core/internal/limit"
	"github.com/jackfield/jackfield/core/internal/metrics"
	"github.com/jackfield/jackfield/core/internal/pusher"
)

// clientEvent passes an event of this client on to the others of a channel.
func (s *Session) clientEvent(e *pusher.Envelope) {
	app := s.app.Load()
	m, outcome, refusal := s.checkClientEvent(app, e)
	if refusal == nil {
		outcome, refusal = s.relay(m, e)
	}
	s.counters.ClientEvents[outcome].Add(1)
	switch {
	case refusal == nil:
	case outcome == metrics.EventRateLimited && app.Limits.TerminateOnLimit:
		s.fail(pusher.CodeOverCapacity, refusal.Message)
	default:
		s.complain(refusal)
	}
}

func (s *Session) checkClientEvent(app *apps.App, e *pusher.Envelope) (*hub.Membership, metrics.EventOutcome, *pusher.Error) {
	if !app.Record.Features.ClientMessages {
		return nil, metrics.EventForbidden, rejected("Client events are switched off for this app")
	}
	if err := pusher.CheckEventName(string(e.Event), app.Limits.EventNameLength); err != nil {
		return nil, metrics.EventInvalid, rejected("Client event rejected: " + err.Error())
	}
	if most := app.Limits.EventBytes; most > 0 && len(e.Data) > most && pusher.DataSize(e.Data) > most {
		return nil, metrics.EventInvalid, rejected(fmt.Sprintf("Client event rejected: data is larger than %d bytes", most))
	}
	m := s.find(string(e.Channel))
	switch {
	case m == nil:
		return nil, metrics.EventForbidden, &pusher.Error{Message: "Client event rejected: not subscribed to " + string(e.Channel)}
	case !m.Kind().AllowsClientEvents():
		return nil, metrics.EventForbidden, &pusher.Error{Message: "Client event rejected: only private and presence channels take client events"}
	case !s.maySend(app):
		return nil, metrics.EventRateLimited, rejected("Client event rejected: too many of them")
	}
	return m, metrics.EventAccepted, nil
}

func rejected(message string) *pusher.Error {
	return &pusher.Error{Code: pusher.CodeClientEvent, Message: message}
}

func (s *Session) maySend(app *apps.App) bool {
	most := app.Limits.ClientEventsPerWindow
	if most == 0 {
		return true
	}
	ok := s.events.Take(limit.NewRate(most, app.Limits.ClientEventWindow), int64(s.server.opts.Now()))
	s.counters.Limited(metrics.LimitClientEvents, ok)
	return ok
}

// relay hands the event to the hub, with the sender's id on presence channels.
func (s *Session) relay(m *hub.Membership, e *pusher.Envelope) (metrics.EventOutcome, *pusher.Error) {
	payload := pusher.AppendEvent(nil, e.Event, e.Channel, e.Data, m.UserID())
	msg := [1]hub.Message{{Channel: m.Channel(), Frame: frame.AppendText(nil, payload), Except: s.sub.ID}}
	if err := s.server.opts.Hub.TryPublish(s.tenant.ID, msg[:]); err != nil {
		return metrics.EventOverloaded, rejected("Client event rejected: the channel is overloaded, try again")
	}
	if s.server.opts.Others != nil {
		s.server.opts.Others.Send(s.tenant.ID, msg[:])
	}
	if hooks := s.server.opts.Webhooks; hooks.Wants(s.tenant.ID, metrics.WebhookClientEvent) {
		hooks.ClientEvent(s.tenant.ID, m.Channel(), string(e.Event), pusher.DataText(e.Data), s.sub.ID.String(), m.UserID())
	}
	return metrics.EventAccepted, nil
}
