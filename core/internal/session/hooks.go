package session

import (
	"github.com/jackfield/jackfield/core/internal/metrics"
	"github.com/jackfield/jackfield/core/internal/webhook"
)

// tellOpened tells webhooks of this connection, if any wants to know.
func (s *Session) tellOpened() {
	if hooks := s.server.opts.Webhooks; hooks.Wants(s.tenant.ID, metrics.WebhookConnectionOpened) {
		hooks.ConnectionOpened(s.tenant.ID, s.sub.ID.String())
	}
}

// tellClosed tells webhooks that the connection is gone.
func (s *Session) tellClosed() {
	hooks := s.server.opts.Webhooks
	if !hooks.Wants(s.tenant.ID, metrics.WebhookConnectionClosed) {
		return
	}
	hooks.ConnectionClosed(s.tenant.ID, webhook.Closed{
		SocketID: s.sub.ID.String(), UserID: s.userID(), Code: int(s.conn.ClosedWith()), Lasted: s.server.opts.Now() - s.opened,
	})
}
