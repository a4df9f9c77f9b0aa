package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/jackfield/jackfield/sdk/appjson"
	"github.com/jackfield/jackfield/sdk/contract"
)

var _ contract.StateMover = (*appManager)(nil)

// appChunk is a part of what was changed since the configuration was read. The
// apps that nobody changed are not in it: a successor has its own configuration.
type appChunk struct {
	Changes []movedApp `json:"changes,omitempty"`
}

// movedApp is an app as it is now, or nil if it was deleted.
type movedApp struct {
	ID       string          `json:"id"`
	Revision uint64          `json:"revision,omitempty"`
	App      json.RawMessage `json:"app,omitempty"`
	// Configured is the digest of the app in the configuration, "" if it is not there.
	Configured string `json:"configured,omitempty"`
}

// Export gives the changes, with the secrets of the apps. Meanwhile writes fail
// with ErrUnavailable.
func (m *appManager) Export(ctx context.Context, yield func(chunk []byte) error) error {
	ids, err := m.freeze()
	if err != nil {
		return err
	}
	defer m.thaw()
	p := &packer[appChunk]{yield: yield}
	for _, id := range ids {
		if err := ctx.Err(); err != nil {
			return err
		}
		moved, err := m.movedApp(id)
		if err != nil {
			return err
		}
		p.chunk.Changes = append(p.chunk.Changes, moved)
		if err := p.grow(len(moved.App) + len(id) + 200); err != nil {
			return err
		}
	}
	return p.flush()
}

// freeze stops all writes and returns the ids of the apps that were changed.
func (m *appManager) freeze() ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.frozen {
		return nil, errExporting
	}
	m.frozen = true
	return slices.Sorted(maps.Keys(m.changed)), nil
}

func (m *appManager) thaw() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.frozen = false
}

func (m *appManager) movedApp(id string) (movedApp, error) {
	moved := movedApp{ID: id, Configured: m.configured[id]}
	app, err := m.FindByID(context.Background(), id)
	if err != nil {
		return moved, nil
	}
	moved.Revision = app.Revision
	moved.App, err = appjson.Encode(app, appjson.WithSecrets())
	return moved, err
}

// Import repeats the changes of a predecessor, but not those of an app which
// the configuration now describes differently: there the operator has spoken
// last. Nor one whose key belongs to another app by now.
func (m *appManager) Import(_ context.Context, chunk []byte) error {
	state, err := unpack[appChunk](chunk)
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	changes := slices.DeleteFunc(state.Changes, m.overruled)
	for _, moved := range changes {
		m.remove(moved.ID) // all first: keys may have changed hands
	}
	for _, moved := range changes {
		if err := m.importApp(moved); err != nil {
			return err
		}
	}
	return nil
}

// overruled tells whether the configuration of an app changed meanwhile.
func (m *appManager) overruled(moved movedApp) bool {
	if m.configured[moved.ID] == moved.Configured {
		return false
	}
	m.log.Warn("a change made to an app at run time gives way to its new configuration", "app", moved.ID)
	return true
}

func (m *appManager) importApp(moved movedApp) error {
	if moved.App == nil {
		m.noteChange(contract.AppChange{ID: moved.ID, Revision: m.nextRevision(), Deleted: true})
		return nil
	}
	app, err := appjson.Decode(moved.App)
	if err != nil {
		return err
	}
	if app.ID != moved.ID {
		return fmt.Errorf("%w: the app %q came under the id %q", contract.ErrInvalid, app.ID, moved.ID)
	}
	if other := m.byKey[app.Key]; other != nil && other.ID != app.ID {
		m.log.Warn("a change made to an app at run time is dropped: its key belongs to another app", "app", app.ID, "other", other.ID)
		return nil
	}
	app.Revision = moved.Revision
	m.revision = max(m.revision, app.Revision)
	m.put(app)
	m.noteChange(contract.AppChange{ID: app.ID, Revision: app.Revision})
	return nil
}
