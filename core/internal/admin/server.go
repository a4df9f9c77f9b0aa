package admin

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/jackfield/jackfield/core/internal/appadmin"
	"github.com/jackfield/jackfield/core/internal/limit"
	"github.com/jackfield/jackfield/sdk/contract"
)

// Options of the handler.
type Options struct {
	// Token must be presented by callers. "": every path is 404.
	Token contract.Secret
	// Dead are the dead letters; nil: the queue keeps none.
	Dead contract.DeadLetters
	// Queue is the queue of the webhooks' jobs.
	Queue string
	// Read makes what is shown of a dead letter's body; an error shows the letter
	// without it.
	Read func(body []byte) (Content, error)
	// Apps does what operators ask of apps.
	Apps appadmin.Admin
	// Now is a monotonic clock in nanoseconds, by which wrong tokens are limited;
	// nil means the system's.
	Now func() int64
}

// Content is what a dead letter was to tell whom.
type Content struct {
	AppID   string          `json:"app_id"`
	Webhook string          `json:"webhook"`
	TimeMS  int64           `json:"time_ms"`
	Events  json.RawMessage `json:"events"`
}

// Letter is a dead letter as it is shown.
type Letter struct {
	ID       string `json:"id"`
	Group    string `json:"group"`
	Attempts uint32 `json:"attempts"`
	Reason   string `json:"reason"`
	// DiedAt is in RFC 3339.
	DiedAt string `json:"died_at"`
	*Content
}

// Page is an answer to a list: Next is the page that follows, "" if there is none.
type Page struct {
	Dead []Letter `json:"dead"`
	Next string   `json:"next,omitempty"`
}

// Choice names dead letters in a request: either some or all.
type Choice struct {
	IDs []string `json:"ids,omitempty"`
	All bool     `json:"all,omitempty"`
}

// Changed is the answer to a request that changes dead letters.
type Changed struct {
	Count int64 `json:"count"`
}

type handler struct {
	Options
	sum   [sha256.Size]byte // of the token
	tries *limit.Keyed      // wrong tokens by address
	mux   *http.ServeMux
}

// New makes the handler of all paths below /admin/.
func New(o Options) http.Handler {
	if o.Token == "" {
		return http.NotFoundHandler()
	}
	if o.Now == nil {
		began := time.Now()
		o.Now = func() int64 { return int64(time.Since(began)) }
	}
	h := &handler{
		Options: o, sum: sha256.Sum256([]byte(o.Token)), tries: limit.NewKeyed(maxAddresses, o.Now), mux: http.NewServeMux(),
	}
	for pattern, serve := range h.routes() {
		h.mux.HandleFunc(pattern, serve)
	}
	return h
}

// routes are all operations, by method and path.
func (h *handler) routes() map[string]http.HandlerFunc {
	return map[string]http.HandlerFunc{
		"GET /admin/webhooks/dead":            h.list,
		"POST /admin/webhooks/dead/replay":    h.replay,
		"POST /admin/webhooks/dead/purge":     h.purge,
		"GET /admin/apps":                     h.listApps,
		"POST /admin/apps":                    h.addApp,
		"GET /admin/apps/{id}":                h.showApp,
		"PATCH /admin/apps/{id}":              h.changeApp,
		"DELETE /admin/apps/{id}":             h.removeApp,
		"POST /admin/apps/{id}/rotate-secret": h.rotateSecret,
	}
}

// ServeHTTP lets nobody through who does not know the token.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !h.authorized(w, r) {
		return
	}
	if h.Dead == nil && strings.HasPrefix(r.URL.Path, "/admin/webhooks/") {
		refuse(w, http.StatusNotFound, "there is no queue that keeps dead letters; see queue.driver")
		return
	}
	h.mux.ServeHTTP(w, r)
}

// The number of letters or apps on a page.
const (
	defaultLimit = 100
	maxLimit     = 1000
)

func (h *handler) list(w http.ResponseWriter, r *http.Request) {
	limit, ok := pageLimit(w, r)
	if !ok {
		return
	}
	letters, next, err := h.Dead.ListDead(r.Context(), h.Queue, r.URL.Query().Get("page"), limit)
	if err != nil {
		fail(w, err)
		return
	}
	page := Page{Dead: []Letter{}, Next: next}
	for _, l := range letters {
		page.Dead = append(page.Dead, h.letter(l))
	}
	answer(w, http.StatusOK, page)
}

// pageLimit reads how many the caller wants on a page.
func pageLimit(w http.ResponseWriter, r *http.Request) (limit int, ok bool) {
	text := r.URL.Query().Get("limit")
	if text == "" {
		return defaultLimit, true
	}
	limit, err := strconv.Atoi(text)
	if err != nil || limit < 1 || limit > maxLimit {
		refuse(w, http.StatusBadRequest, fmt.Sprintf("limit must be a number from 1 to %d, is %q", maxLimit, text))
		return 0, false
	}
	return limit, true
}

func (h *handler) letter(l contract.DeadLetter) Letter {
	shown := Letter{
		ID: l.Job.ID, Group: l.Job.GroupKey, Attempts: l.Attempts, Reason: l.Reason,
		DiedAt: l.DiedAt.UTC().Format("2006-01-02T15:04:05.000Z07:00"),
	}
	if c, err := h.Read(l.Job.Body); err == nil {
		shown.Content = &c
	}
	return shown
}

func (h *handler) replay(w http.ResponseWriter, r *http.Request) { h.change(w, r, h.Dead.ReplayDead) }

func (h *handler) purge(w http.ResponseWriter, r *http.Request) { h.change(w, r, h.Dead.PurgeDead) }

// maxChoice bounds the body of a request.
const maxChoice = 1 << 20

func (h *handler) change(w http.ResponseWriter, r *http.Request, f func(context.Context, string, []string) (int64, error)) {
	var c Choice
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxChoice))
	d.DisallowUnknownFields()
	if err := d.Decode(&c); err != nil {
		refuse(w, http.StatusBadRequest, `the body must be {"ids": [...]} or {"all": true}: `+err.Error())
		return
	}
	if c.All == (len(c.IDs) > 0) {
		refuse(w, http.StatusBadRequest, `the body must have either "ids" or "all": true`)
		return
	}
	n, err := f(r.Context(), h.Queue, c.IDs)
	if err != nil {
		fail(w, err)
		return
	}
	answer(w, http.StatusOK, Changed{Count: n})
}

func refuse(w http.ResponseWriter, status int, text string) {
	answer(w, status, map[string]string{"error": text})
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}
