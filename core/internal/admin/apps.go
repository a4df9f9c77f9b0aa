package admin

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"

	"github.com/jackfield/jackfield/core/internal/appadmin"
)

// maxDocument bounds the document of an app in a request.
const maxDocument = 1 << 20

func (h *handler) listApps(w http.ResponseWriter, r *http.Request) {
	limit, ok := pageLimit(w, r)
	if !ok {
		return
	}
	page, err := h.Apps.List(r.Context(), r.URL.Query().Get("page"), limit, wantsSecrets(r))
	send(w, http.StatusOK, page, err)
}

func (h *handler) addApp(w http.ResponseWriter, r *http.Request) {
	doc, ok := document(w, r)
	if !ok {
		return
	}
	app, err := h.Apps.Add(r.Context(), doc, wantsSecrets(r))
	send(w, http.StatusCreated, app, err)
}

func (h *handler) showApp(w http.ResponseWriter, r *http.Request) {
	app, err := h.Apps.Show(r.Context(), r.PathValue("id"), wantsSecrets(r))
	send(w, http.StatusOK, app, err)
}

func (h *handler) changeApp(w http.ResponseWriter, r *http.Request) {
	revision, ok := revisionOf(w, r)
	if !ok {
		return
	}
	patch, ok := document(w, r)
	if !ok {
		return
	}
	app, err := h.Apps.Change(r.Context(), r.PathValue("id"), patch, revision, wantsSecrets(r))
	send(w, http.StatusOK, app, err)
}

func (h *handler) removeApp(w http.ResponseWriter, r *http.Request) {
	revision, ok := revisionOf(w, r)
	if !ok {
		return
	}
	err := h.Apps.Remove(r.Context(), r.PathValue("id"), revision)
	send(w, http.StatusOK, struct{}{}, err)
}

func (h *handler) rotateSecret(w http.ResponseWriter, r *http.Request) {
	body, ok := document(w, r)
	if !ok {
		return
	}
	var how appadmin.Rotation
	if len(body) > 0 {
		if err := json.Unmarshal(body, &how); err != nil {
			refuse(w, http.StatusBadRequest, `the body must be empty or {"drop_old": true, "revision": 7}: `+err.Error())
			return
		}
	}
	app, err := h.Apps.RotateSecret(r.Context(), r.PathValue("id"), how, wantsSecrets(r))
	send(w, http.StatusOK, app, err)
}

func wantsSecrets(r *http.Request) bool { return r.URL.Query().Get("secrets") == "true" }

// revisionOf reads the revision that the caller saw, 0 if he names none.
func revisionOf(w http.ResponseWriter, r *http.Request) (revision uint64, ok bool) {
	text := r.URL.Query().Get("revision")
	if text == "" {
		return 0, true
	}
	revision, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		refuse(w, http.StatusBadRequest, "revision must be a whole number, is "+strconv.Quote(text))
		return 0, false
	}
	return revision, true
}

// document reads the body.
func document(w http.ResponseWriter, r *http.Request) (doc []byte, ok bool) {
	doc, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxDocument))
	if err != nil {
		refuse(w, http.StatusBadRequest, "the body cannot be read: "+err.Error())
		return nil, false
	}
	return doc, true
}

// send answers with v, or tells the error.
func send(w http.ResponseWriter, status int, v any, err error) {
	if err != nil {
		fail(w, err)
		return
	}
	w.Header().Set("Cache-Control", "no-store") // there may be secrets in it
	answer(w, status, v)
}
