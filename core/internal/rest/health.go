package rest

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/jackfield/jackfield/core/internal/apps"
)

// The words of /up, which the header X-Health-Check repeats.
const (
	wordOK       = "OK"
	wordDegraded = "DEGRADED"
	wordError    = "ERROR"
	wordDraining = "DRAINING"
	wordNotFound = "NOT_FOUND"
)

// serveHealth answers everything that is not below /apps.
func (s *Server) serveHealth(w http.ResponseWriter, r *http.Request, p path) {
	var answer func()
	switch {
	case p.n == 1 && (p.at(0) == "up" || p.at(0) == "ready"):
		answer = func() { s.health(r.Context()).write(w) }
	case p.n == 2 && p.at(0) == "up":
		answer = func() { s.healthOf(r.Context(), p.at(1)).write(w) }
	case p.n == 1 && p.at(0) == "live":
		answer = func() { health{word: wordOK}.write(w) }
	case p.n == 1 && p.at(0) == "usage" && s.opts.Usage:
		answer = func() { writeUsage(w) }
	default:
		fail(w, notFound)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		fail(w, methodNotAllowed)
		return
	}
	answer()
}

// health is an answer of /up.
type health struct {
	word string
	// failed are the names of the checks that failed.
	failed []string
}

func (h health) status() int {
	switch h.word {
	case wordOK, wordDegraded:
		return http.StatusOK
	case wordNotFound:
		return http.StatusNotFound
	default:
		return http.StatusServiceUnavailable
	}
}

// write answers with the word and, below it, what failed.
func (h health) write(w http.ResponseWriter) {
	header := w.Header()
	header.Set("Content-Type", "text/plain; charset=utf-8")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Health-Check", h.word)
	w.WriteHeader(h.status())
	text := h.word
	if len(h.failed) > 0 {
		text += "\n" + strings.Join(h.failed, "\n")
	}
	_, _ = w.Write([]byte(text))
}

// health runs all checks at once.
func (s *Server) health(ctx context.Context) health {
	if s.opts.Draining() {
		return health{word: wordDraining}
	}
	result := health{word: wordOK}
	for i, err := range s.runChecks(ctx) {
		if err == nil {
			continue
		}
		check := s.opts.Checks[i]
		result.failed = append(result.failed, check.Name)
		if check.Critical {
			result.word = wordError
		} else if result.word == wordOK {
			result.word = wordDegraded
		}
	}
	return result
}

// runChecks returns what each check found. One that does not answer in time has failed.
func (s *Server) runChecks(ctx context.Context) []error {
	ctx, cancel := context.WithTimeout(ctx, s.opts.CheckTimeout)
	defer cancel()
	type finding struct {
		check int
		err   error
	}
	found := make(chan finding, len(s.opts.Checks))
	errs := make([]error, len(s.opts.Checks))
	for i, check := range s.opts.Checks {
		errs[i] = context.DeadlineExceeded
		go func() { found <- finding{i, check.Run(ctx)} }()
	}
	for range s.opts.Checks {
		select {
		case f := <-found:
			errs[f.check] = f.err
		case <-ctx.Done():
			return errs
		}
	}
	return errs
}

// healthOf is the health of the server for one app.
func (s *Server) healthOf(ctx context.Context, appID string) health {
	ctx, cancel := context.WithTimeout(ctx, s.opts.CheckTimeout)
	defer cancel()
	handle, err := s.opts.Apps.ByID(ctx, appID)
	switch {
	case errors.Is(err, apps.ErrUnknown):
		return health{word: wordNotFound}
	case err != nil:
		return health{word: wordError, failed: []string{"app store"}}
	case !handle.Load().Usable():
		return health{word: wordError, failed: []string{"app is disabled"}}
	}
	return s.health(ctx)
}
