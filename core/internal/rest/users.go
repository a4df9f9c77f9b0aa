package rest

import "github.com/jackfield/jackfield/core/internal/pusher"

// terminate closes all connections of a user.
func (s *Server) terminate(c *call) ([]byte, error) {
	id := c.path.at(3)
	if err := pusher.CheckUserID(id); err != nil {
		return nil, badRequest(err.Error())
	}
	s.opts.Connections.Terminate(c.app.Record.ID, id)
	return append(c.scratch.out, '{', '}'), nil
}

// countConnections answers how many connections the app has.
func (s *Server) countConnections(c *call) ([]byte, error) {
	if err := s.limitRead(c); err != nil {
		return nil, err
	}
	out := appendCount(append(c.scratch.out, '{'), "connections", s.opts.Connections.Connections(c.app.Record.ID))
	return append(out, '}'), nil
}
