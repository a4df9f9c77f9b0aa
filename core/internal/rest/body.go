package rest

import (
	"errors"
	"io"
	"net/http"
	"slices"

	"github.com/jackfield/jackfield/core/internal/hub"
	"github.com/jackfield/jackfield/core/internal/pusher"
)

// scratch is memory that calls use one after the other.
type scratch struct {
	body    []byte // of the request
	payload []byte // of the message being encoded
	out     []byte // of the answer
	msgs    []hub.Message
}

// keepCapacity bounds the memory that waits for the next call.
const keepCapacity = 256 << 10

func (s *Server) release(x *scratch) {
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

// readBody reads the whole body, but not more than limit bytes. Memory grows with
// what arrives, not with what the headers announce.
func (x *scratch) readBody(r *http.Request, limit int64) error {
	if r.ContentLength > limit {
		return bodyTooLarge(limit)
	}
	if r.ContentLength == 0 {
		return nil
	}
	body := io.LimitReader(r.Body, limit+1)
	for {
		if len(x.body) == cap(x.body) {
			x.body = slices.Grow(x.body, 1024)
		}
		n, err := body.Read(x.body[len(x.body):cap(x.body)])
		x.body = x.body[:len(x.body)+n]
		switch {
		case int64(len(x.body)) > limit:
			return bodyTooLarge(limit)
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return &pusher.Failure{Status: http.StatusBadRequest, Slug: pusher.SlugInvalid, Message: "body could not be read to its end"}
		}
	}
}
