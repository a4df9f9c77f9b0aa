package rest

import (
	"errors"
	"io"
	"slices"

	"github.com/jackfield/jackfield/core/internal/hub"
)

// scratch is memory that calls use one after the other.
type scratch struct {
	body    []byte // of the request
	payload []byte // of the message being encoded
	out     []byte // of the answer
	msgs    []hub.Message

	large int64 // bytes of body taken from the server's room for large bodies
}

const (
	// smallBody is the size up to which a body needs no room of its own.
	smallBody = 64 << 10
	// largeBodies bounds the memory of all larger bodies together, for they are
	// buffered before anybody knows who sent them.
	largeBodies = 256 << 20
)

// keepCapacity bounds the memory that waits for the next call.
const keepCapacity = 256 << 10

func (s *Server) release(x *scratch) {
	if x.large > 0 {
		s.room.Release(x.large)
	}
	clear(x.msgs)
	*x = scratch{
		body:    reusable(x.body),
		payload: reusable(x.payload),
		out:     reusable(x.out),
		msgs:    x.msgs[:0],
	}
	if cap(x.msgs) <= 1024 {
		s.scratch.Put(x)
	}
}

func reusable(b []byte) []byte {
	if cap(b) > keepCapacity {
		return nil
	}
	return b[:0]
}

// readBody reads the whole body into c.scratch, but not more than the limit.
// Memory grows with what arrives, not with what the headers announce.
func (s *Server) readBody(c *call) error {
	limit, x := s.opts.BodyLimit, c.scratch
	if c.r.ContentLength == 0 {
		return nil
	}
	source := io.LimitReader(c.r.Body, limit+1)
	for {
		if len(x.body) == cap(x.body) && !s.grow(x) {
			return noRoomForBody
		}
		n, err := source.Read(x.body[len(x.body):cap(x.body)])
		x.body = x.body[:len(x.body)+n]
		switch {
		case int64(len(x.body)) > limit:
			return bodyTooLarge(limit)
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return badRequest("body could not be read to its end")
		}
	}
}

// grow doubles the memory of the body, and reports false if there is no room for
// another large one.
func (s *Server) grow(x *scratch) bool {
	more := int64(max(cap(x.body), 1024))
	if cap(x.body) >= smallBody {
		if !s.room.TryAcquire(more) {
			return false
		}
		x.large += more
	}
	x.body = slices.Grow(x.body, int(more))
	return true
}
