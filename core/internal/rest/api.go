package rest

import (
	"net/http"

	"github.com/jackfield/jackfield/core/internal/metrics"
	"github.com/jackfield/jackfield/core/internal/pusher"
)

// route is one endpoint of the API. handle returns the body of the answer with
// status 200, appended to c.scratch.out, or why there is none.
type route struct {
	method string
	handle func(s *Server, c *call) ([]byte, error)
}

var (
	publishEventRoute = &route{http.MethodPost, (*Server).publishEvent}
	publishBatchRoute = &route{http.MethodPost, (*Server).publishBatch}
	listChannelsRoute = &route{http.MethodGet, (*Server).listChannels}
	showChannelRoute  = &route{http.MethodGet, (*Server).showChannel}
	listUsersRoute    = &route{http.MethodGet, (*Server).listUsers}
	connectionsRoute  = &route{http.MethodGet, (*Server).countConnections}
	terminateRoute    = &route{http.MethodPost, (*Server).terminate}
)

// routeOf finds the endpoint of a path, nil if there is none.
func routeOf(p *path) *route {
	switch {
	case p.n == 3 && p.at(2) == "events":
		return publishEventRoute
	case p.n == 3 && p.at(2) == "batch_events":
		return publishBatchRoute
	case p.n == 3 && p.at(2) == "channels":
		return listChannelsRoute
	case p.n == 4 && p.at(2) == "channels":
		return showChannelRoute
	case p.n == 5 && p.at(2) == "channels" && p.at(4) == "users":
		return listUsersRoute
	case p.n == 3 && p.at(2) == "connections":
		return connectionsRoute
	case p.n == 5 && p.at(2) == "users" && p.at(4) == "terminate_connections":
		return terminateRoute
	}
	return nil
}

func (s *Server) serveAPI(c *call) {
	c.scratch = s.scratch.Get().(*scratch)
	defer s.release(c.scratch)
	body, err := s.answer(c)
	counters := s.opts.Counters.App(c.countedAs())
	counters.HTTPCalls.Add(1)
	counters.HTTPReceivedBytes.Add(uint64(len(c.scratch.body)))
	if err != nil {
		counters.HTTPTransmittedBytes.Add(uint64(fail(c.w, err)))
		return
	}
	counters.HTTPTransmittedBytes.Add(uint64(len(body)))
	reply(c.w, http.StatusOK, body)
}

// countedAs is the id of the app, or "" if there is none with the id of the path.
func (c *call) countedAs() string {
	if c.app == nil {
		return ""
	}
	return c.app.Record.ID
}

// answer takes a call through all steps.
func (s *Server) answer(c *call) ([]byte, error) {
	if err := s.limitAddress(c); err != nil {
		return nil, err
	}
	route := routeOf(&c.path)
	if route == nil {
		return nil, notFound
	}
	if c.r.Method != route.method {
		c.w.Header().Set("Allow", route.method)
		return nil, methodNotAllowed
	}
	if err := s.admit(c); err != nil {
		return nil, err
	}
	return route.handle(s, c)
}

// admit finds the app, checks the signature and reads the body that was signed.
func (s *Server) admit(c *call) error {
	handle, err := s.opts.Apps.ByID(c.r.Context(), c.appID())
	if err != nil {
		return err
	}
	c.app = handle.Load()
	if !c.app.Usable() {
		return appDisabled
	}
	if c.r.ContentLength > s.opts.BodyLimit {
		return bodyTooLarge(s.opts.BodyLimit)
	}
	sum, err := pusher.VerifyHead(c.app.Signers, c.app.Record.Key, pusher.Request{
		Method:   c.r.Method,
		RawPath:  c.rawPath,
		RawQuery: c.rawQuery,
		Prefix:   s.opts.PathPrefix,
	}, s.opts.Now())
	if err != nil {
		return s.unsigned(c, err)
	}
	if err := s.readBody(c); err != nil {
		return err
	}
	if err := pusher.CheckBody(sum, c.scratch.body); err != nil {
		return s.unsigned(c, err)
	}
	return nil
}

// unsigned counts a wrong signature and returns err.
func (s *Server) unsigned(c *call, err error) error {
	s.opts.Counters.App(c.app.Record.ID).AuthFailures[metrics.SurfaceHTTP].Add(1)
	return err
}
