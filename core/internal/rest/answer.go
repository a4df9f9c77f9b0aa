package rest

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/jackfield/jackfield/core/internal/apps"
	"github.com/jackfield/jackfield/core/internal/hub"
	"github.com/jackfield/jackfield/core/internal/idempotency"
	"github.com/jackfield/jackfield/core/internal/pusher"
)

// Failures of this package, beside those of package pusher.
var (
	notFound         = &pusher.Failure{Status: http.StatusNotFound, Slug: "not_found", Message: "there is nothing at this path"}
	methodNotAllowed = &pusher.Failure{Status: http.StatusMethodNotAllowed, Slug: "method_not_allowed", Message: "this path does not take this method"}
	appNotFound      = &pusher.Failure{Status: http.StatusNotFound, Slug: "app_not_found", Message: "app does not exist"}
	appDisabled      = &pusher.Failure{Status: http.StatusForbidden, Slug: "app_disabled", Message: "app is disabled"}
	appUnavailable   = &pusher.Failure{Status: http.StatusServiceUnavailable, Slug: "app_unavailable", Message: "apps cannot be looked up at the moment, try again"}
	overloaded       = &pusher.Failure{Status: http.StatusServiceUnavailable, Slug: "overloaded", Message: "too much is waiting to be delivered, nothing was published, try again"}
	noRoomForBody    = &pusher.Failure{Status: http.StatusServiceUnavailable, Slug: "overloaded", Message: "too many large requests at the same time, try again"}
	keyConflict      = &pusher.Failure{Status: http.StatusConflict, Slug: "idempotency_conflict", Message: idempotency.ErrConflict.Error()}
	keyBusy          = &pusher.Failure{Status: http.StatusServiceUnavailable, Slug: "idempotency_busy", Message: idempotency.ErrBusy.Error() + ", try again"}
	unavailable      = &pusher.Failure{Status: http.StatusServiceUnavailable, Slug: "unavailable", Message: "this cannot be answered at the moment, try again"}
)

func bodyTooLarge(limit int64) error {
	return &pusher.Failure{
		Status:  http.StatusRequestEntityTooLarge,
		Slug:    pusher.SlugTooLarge,
		Message: fmt.Sprintf("body is larger than %d bytes", limit),
	}
}

// failureOf says how err is answered. Errors of the inside keep their text inside.
func failureOf(err error) *pusher.Failure {
	if f, ok := errors.AsType[*pusher.Failure](err); ok {
		return f
	}
	switch {
	case errors.Is(err, apps.ErrUnknown):
		return appNotFound
	case errors.Is(err, apps.ErrUnavailable):
		return appUnavailable
	case errors.Is(err, hub.ErrFull):
		return overloaded
	case errors.Is(err, idempotency.ErrConflict):
		return keyConflict
	case errors.Is(err, idempotency.ErrBusy):
		return keyBusy
	default:
		return unavailable
	}
}

// fail answers with err and returns the length of the body.
func fail(w http.ResponseWriter, err error) int {
	f := failureOf(err)
	if f.Status == http.StatusServiceUnavailable {
		w.Header()["Retry-After"] = retrySoon
	}
	var body []byte
	if t, ok := errors.AsType[*throttled](err); ok {
		t.setHeaders(w.Header())
		body = t.appendJSON(nil)
	} else {
		body = f.AppendJSON(nil)
	}
	reply(w, f.Status, body)
	return len(body)
}

// Values of headers that never change; net/http only reads them.
var (
	jsonType  = []string{"application/json"}
	retrySoon = []string{"1"}
)

// countedByServer is the length up to which net/http finds out the length of an
// answer by itself.
const countedByServer = 2048

func reply(w http.ResponseWriter, status int, body []byte) {
	w.Header()["Content-Type"] = jsonType
	if len(body) >= countedByServer {
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	}
	w.WriteHeader(status)
	// A caller that has gone away cannot be told.
	_, _ = w.Write(body)
}

// wholeSeconds rounds up, so that whoever waits this long does not come too early.
func wholeSeconds(ns int64) string {
	const second = 1_000_000_000
	return strconv.FormatInt((ns+second-1)/second, 10)
}
