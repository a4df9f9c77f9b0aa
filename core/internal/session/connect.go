package session

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/jackfield/jackfield/core/internal/apps"
	"github.com/jackfield/jackfield/core/internal/frame"
	"github.com/jackfield/jackfield/core/internal/metrics"
	"github.com/jackfield/jackfield/core/internal/pusher"
	"github.com/jackfield/jackfield/core/internal/ws"
)

var _ ws.Handler = (*Server)(nil)

// Refuse answers upgrades that do not become connections: while the server
// stops, on unknown paths, and over the limit of an address.
func (s *Server) Refuse(r *http.Request, remote net.Addr, answer http.Header) int {
	switch {
	case s.draining.Load():
		return s.busy(metrics.ErrDraining, answer)
	case s.pressed.Load():
		return s.busy(metrics.ErrOverCapacity, answer)
	case !validKey(s.key(r)):
		return http.StatusNotFound
	case s.opts.Connects != nil:
		return s.opts.Connects.Check(r, remote, answer)
	}
	return 0
}

func (s *Server) busy(why metrics.ErrorType, answer http.Header) int {
	s.opts.Counters("").Errors[why].Add(1)
	answer.Set("Retry-After", "1")
	return http.StatusServiceUnavailable
}

// key is the path behind the prefix.
func (s *Server) key(r *http.Request) string {
	for _, prefix := range s.opts.Prefixes {
		if key, ok := strings.CutPrefix(r.URL.Path, prefix); ok {
			return key
		}
	}
	return ""
}

func validKey(key string) bool { return key != "" && !strings.Contains(key, "/") }

// refusal is why a connection is closed right after the upgrade.
type refusal struct {
	kind    metrics.ErrorType
	code    pusher.Code
	message string
}

func refuse(kind metrics.ErrorType, code pusher.Code) *refusal {
	return &refusal{kind, code, code.Text()}
}

// Open makes the session of a new connection, or closes it with an error.
func (s *Server) Open(c *ws.Conn, r *http.Request) {
	handle, no := s.appOf(c, r)
	if no == nil {
		no = s.start(c, handle)
	}
	if no == nil {
		return
	}
	id := ""
	if handle != nil {
		id = handle.Load().Record.ID
	}
	s.opts.Counters(id).Errors[no.kind].Add(1)
	c.Own(nobody{c})
	failConn(c, no.code, no.message)
}

// appOf finds the app and checks whether this client may use it.
func (s *Server) appOf(c *ws.Conn, r *http.Request) (*apps.Handle, *refusal) {
	if no := checkVersions(r.URL.Query()); no != nil {
		return nil, no
	}
	handle, err := s.opts.Apps.ByKey(context.Background(), s.key(r))
	switch {
	case errors.Is(err, apps.ErrUnknown):
		return nil, refuse(metrics.ErrAppNotFound, pusher.CodeUnknownApp)
	case err != nil:
		return nil, &refusal{metrics.ErrAppUnavailable, pusher.CodeOverCapacity, "Applications cannot be looked up at the moment, please try again"}
	}
	return handle, s.checkApp(handle.Load(), c, r)
}

func (s *Server) checkApp(app *apps.App, c *ws.Conn, r *http.Request) *refusal {
	switch {
	case !app.Usable():
		return refuse(metrics.ErrAppDisabled, pusher.CodeAppDisabled)
	case app.Record.Features.TLSOnly && !s.secure(c, r):
		return refuse(metrics.ErrTLSRequired, pusher.CodeTLSOnly)
	case !app.AllowsOrigin(r.Header.Get("Origin")):
		return &refusal{metrics.ErrOriginNotAllowed, pusher.CodeUnauthorized, "Origin not allowed"}
	}
	return nil
}

// secure reports whether the client came over TLS, to us or to a trusted proxy.
func (s *Server) secure(c *ws.Conn, r *http.Request) bool {
	return c.Secure() || s.opts.TrustHops > 0 && strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https")
}

// checkVersions accepts versions 5 to 7 of the protocol and clients that tell none.
// The version of a client's library is anything that begins with a number.
func checkVersions(query url.Values) *refusal {
	if library := query.Get("version"); library != "" && (library[0] < '0' || library[0] > '9') {
		return refuse(metrics.ErrProtocol, pusher.CodeInvalidVersion)
	}
	version := query.Get("protocol")
	if version == "" {
		return nil
	}
	n, err := strconv.Atoi(version)
	switch {
	case err != nil:
		return refuse(metrics.ErrProtocol, pusher.CodeInvalidVersion)
	case n < 5 || n > 7:
		return refuse(metrics.ErrProtocol, pusher.CodeUnsupportedProtocol)
	}
	return nil
}

// start admits the connection and greets the client.
func (s *Server) start(c *ws.Conn, handle *apps.Handle) *refusal {
	app := handle.Load()
	open := s.open.Add(1)
	if s.draining.Load() { // since Refuse; Drain sees whoever counts before this
		s.open.Add(-1)
		return refuse(metrics.ErrDraining, pusher.CodeReconnect)
	}
	if s.opts.MaxConnections > 0 && open > int64(s.opts.MaxConnections) {
		s.open.Add(-1)
		return refuse(metrics.ErrOverCapacity, pusher.CodeOverCapacity)
	}
	tenant := s.opts.Hub.App(app.Record.ID)
	guest := app.Record.Features.AuthorizedConnections
	if guest {
		tenant.Welcome()
	} else if !s.admit(tenant, app.Limits.MaxConnections) {
		s.open.Add(-1)
		return refuse(metrics.ErrOverQuota, pusher.CodeOverQuota)
	}
	id, err := pusher.NewSocketID(s.opts.Random)
	if err != nil {
		tenant.Dismiss(guest)
		if !guest {
			s.giveBack(tenant.ID)
		}
		s.open.Add(-1)
		return &refusal{metrics.ErrSocket, pusher.CodeOverCapacity, "No socket id could be made"}
	}
	s.greet(c, handle, id, guest)
	return nil
}

func (s *Server) greet(c *ws.Conn, handle *apps.Handle, id pusher.SocketID, guest bool) {
	shard := s.opts.Hub.NextShard()
	appID := handle.Load().Record.ID
	session := &Session{
		conn: c, server: s, inbox: s.inboxes[shard], app: handle,
		tenant: s.opts.Hub.App(appID), counters: s.opts.Counters(appID),
	}
	session.place.index = -1
	session.opened = s.opts.Now()
	session.sub = session.tenant.NewSubscriber(id, c, shard)
	session.sub.Owner = session
	session.sub.Packs = c.Deflates()
	session.demand(handle.Load().Record.Features, guest)
	session.Alive()
	c.Own(session)
	s.join(handle)
	session.counters.Connected.Add(1)
	session.tellOpened()
	session.inbox.post(item{kind: itemOpen, session: session}) // its clock runs when the client hears of us
	hello := pusher.AppendConnectionEstablished(nil, id, int(inSeconds(s.opts.ActivityTimeout)))
	c.Send(frame.AppendText(nil, hello))
}

// nobody owns connections that are closed right after the upgrade.
type nobody struct{ c *ws.Conn }

func (nobody) Frame(m ws.Message) { m.Close() }
func (nobody) Alive()             {}
func (nobody) Gone()              {}
func (n nobody) Overflow()        { n.c.Kill() }
