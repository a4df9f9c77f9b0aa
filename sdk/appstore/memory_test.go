package appstore

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/jackfield/jackfield/sdk/appjson"
	"github.com/jackfield/jackfield/sdk/contract"
)

// record is an app by field, each as JSON text.
type record map[string]string

func (r record) Field(name string, _ appjson.FieldKind) (json.RawMessage, string) {
	if text, there := r[name]; there {
		return appjson.FieldOfText(text)
	}
	return nil, ""
}

func (r record) Policy() (string, bool, string) {
	text, there := r["policy"]
	return text, there, ""
}

func (r record) Revision() (n uint64, problem string) {
	if text, there := r["revision"]; there && json.Unmarshal([]byte(text), &n) != nil {
		return 0, "is no number"
	}
	return n, ""
}

func (r record) ID() string  { return r.text("id") }
func (r record) Key() string { return r.text("key") }

func (r record) text(name string) (s string) {
	_ = json.Unmarshal([]byte(r[name]), &s)
	return s
}

// memory is a table.
type memory struct {
	mu    sync.Mutex
	rows  map[string]record
	stale []string // ids that the index names beside the right ones
	busy  bool     // somebody else is always quicker
}

func newMemory() *memory { return &memory{rows: map[string]record{}} }

func (m *memory) Where(id string) string {
	if id == "" {
		return "memory"
	}
	return "memory[" + id + "]"
}

func (m *memory) Get(ctx context.Context, id string) (record, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.rows[id]), m.rows[id] != nil, ctx.Err()
}

func (m *memory) Holders(ctx context.Context, key string) ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	ids := slices.Clone(m.stale)
	for id, r := range m.rows {
		if r.Key() == key {
			ids = append(ids, id)
		}
	}
	return ids, ctx.Err()
}

func (m *memory) Scan(ctx context.Context, after string, limit int) (page []record, next string, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, id := range slices.Sorted(maps.Keys(m.rows)) {
		switch {
		case id <= after:
		case len(page) == limit:
			return page, page[limit-1].ID(), ctx.Err()
		default:
			page = append(page, maps.Clone(m.rows[id]))
		}
	}
	return page, "", ctx.Err()
}

func (m *memory) Encode(app *contract.App, before record, revision uint64) (record, error) {
	policy, err := appjson.EncodePolicy(app)
	if err != nil {
		return nil, err
	}
	secrets := make([]string, len(app.Secrets))
	for i, s := range app.Secrets {
		secrets[i] = s.Reveal()
	}
	r := record{"policy": string(policy), "revision": fmt.Sprint(revision)}
	for name, v := range map[string]any{"id": app.ID, "key": app.Key, "enabled": app.Enabled, "secrets": secrets} {
		raw, _ := appjson.FieldOf(v)
		r[name] = string(raw)
	}
	return r, nil
}

func (m *memory) At(r record, revision uint64) record {
	r = maps.Clone(r)
	r["revision"] = fmt.Sprint(revision)
	return r
}

func (m *memory) Insert(ctx context.Context, r record) error {
	return m.put(ctx, r.ID(), nil, r)
}

func (m *memory) Replace(ctx context.Context, r, before record) error {
	return m.put(ctx, r.ID(), before, r)
}

func (m *memory) Remove(ctx context.Context, before record) error {
	return m.put(ctx, before.ID(), before, nil)
}

func (m *memory) put(ctx context.Context, id string, before, after record) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.rows[id]
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case m.busy, (now == nil) != (before == nil), now["revision"] != before["revision"]:
		return ErrChanged
	case after == nil:
		delete(m.rows, id)
	default:
		m.rows[id] = maps.Clone(after)
	}
	return nil
}
