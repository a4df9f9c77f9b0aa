package rest

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"unicode/utf8"

	"github.com/jackfield/jackfield/core/internal/idempotency"
	"github.com/jackfield/jackfield/core/internal/pusher"
)

const keyHeader = "X-Idempotency-Key"

// The keys of whole batches are others than those of events, be these alone or
// in a batch.
const (
	singleKeys = ":idempotency:"
	batchKeys  = ":batch-idempotency:"
)

var emptyAnswer = []byte("{}")

// once answers a publish with do, or with the answer of an earlier one with the
// same key. Without a key it only calls do.
func (s *Server) once(c *call, space, key string, body []byte, do func() ([]byte, error)) ([]byte, error) {
	claim, answer, err := s.claim(c, space, key, body)
	switch {
	case err != nil:
		return nil, err
	case answer != nil:
		c.scratch.out = append(c.scratch.out, answer...)
		return c.scratch.out, nil
	case claim == nil:
		return do()
	}
	answer, err = do()
	s.settle(c, []*idempotency.Claim{claim}, answer, err)
	return answer, err
}

// claim begins a publish with a key; nothing is returned if there is none.
func (s *Server) claim(c *call, space, key string, body []byte) (*idempotency.Claim, []byte, error) {
	if key == "" || s.opts.Repeats == nil {
		return nil, nil, nil
	}
	if len(key) > s.opts.MaxIdempotencyKey || !utf8.ValidString(key) {
		return nil, nil, &pusher.Failure{
			Status: http.StatusBadRequest, Slug: pusher.SlugInvalid,
			Message: fmt.Sprintf("idempotency key must be UTF-8 of at most %d bytes", s.opts.MaxIdempotencyKey),
		}
	}
	claim, answer, err := s.opts.Repeats.Begin(c.r.Context(), "app:"+c.app.Record.ID+space+key, body)
	if answer != nil {
		s.opts.Counters.App(c.app.Record.ID).IdempotentDuplicates.Add(1)
	}
	return claim, answer, err
}

// settle ends claims after the publish, which failed if err is not nil.
func (s *Server) settle(c *call, claims []*idempotency.Claim, answer []byte, err error) {
	ctx := context.WithoutCancel(c.r.Context())
	for _, claim := range claims {
		if err != nil {
			claim.Release(ctx)
			continue
		}
		s.opts.Counters.App(c.app.Record.ID).IdempotentPublishes.Add(1)
		claim.Commit(ctx, answer)
	}
}

// claimItems begins the events of a batch that have keys of their own and returns
// those events of the batch that have not been published before.
func (s *Server) claimItems(c *call, events []pusher.Event) (claims []*idempotency.Claim, fresh []*pusher.Event, err error) {
	for i := range events {
		e := &events[i]
		again, err := s.repeated(events[:i], e)
		if err != nil {
			return claims, nil, err
		}
		if again {
			continue
		}
		claim, answer, err := s.claim(c, singleKeys, e.IdempotencyKey, e.Source)
		if err != nil {
			return claims, nil, err
		}
		if claim != nil {
			claims = append(claims, claim)
		}
		if answer == nil {
			fresh = append(fresh, e)
		}
	}
	return claims, fresh, nil
}

// repeated reports whether e comes earlier in its own batch, with the same key.
func (s *Server) repeated(before []pusher.Event, e *pusher.Event) (bool, error) {
	if e.IdempotencyKey == "" || s.opts.Repeats == nil {
		return false, nil
	}
	for i := range before {
		if before[i].IdempotencyKey != e.IdempotencyKey {
			continue
		}
		if !bytes.Equal(before[i].Source, e.Source) {
			return false, idempotency.ErrConflict
		}
		return true, nil
	}
	return false, nil
}
