package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/jackfield/jackfield/sdk"
	"github.com/jackfield/jackfield/sdk/appjson"
)

// store keeps apps in files.
type store struct {
	folder
	blind bool
	mu    sync.Mutex // one change at a time
}

func openStore(_ context.Context, o options, _ sdk.Env) (*store, error) {
	return &store{folder: folder(o.Dir), blind: o.Blind}, os.MkdirAll(o.Dir, 0o755)
}

// row is what a file holds.
type row struct {
	Revision uint64          `json:"revision"`
	App      json.RawMessage `json:"app"`
}

func (s *store) FindByID(ctx context.Context, id string) (*sdk.App, error) {
	s.note("id " + id)
	if err := s.mood(ctx); err != nil {
		return nil, err
	}
	return s.read(id)
}

func (s *store) read(id string) (*sdk.App, error) {
	text, err := os.ReadFile(filepath.Join(string(s.folder), filepath.Base(id)+".json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, sdk.ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	var r row
	if err := json.Unmarshal(text, &r); err != nil {
		return nil, fmt.Errorf("%w: app %s: %v", sdk.ErrInvalid, id, err)
	}
	app, err := appjson.Decode(r.App, appjson.EnabledByDefault())
	if err != nil {
		return nil, fmt.Errorf("app %s: %w", id, err)
	}
	app.Revision = r.Revision
	return app, nil
}

func (s *store) FindByKey(ctx context.Context, key string) (*sdk.App, error) {
	s.note("key " + key)
	if err := s.mood(ctx); err != nil {
		return nil, err
	}
	apps, err := s.all()
	if err != nil {
		return nil, err
	}
	for _, app := range apps {
		if app.Key == key {
			return app, nil
		}
	}
	return nil, sdk.ErrNotFound
}

func (s *store) all() ([]*sdk.App, error) {
	names, err := filepath.Glob(filepath.Join(string(s.folder), "*.json"))
	if err != nil {
		return nil, err
	}
	var apps []*sdk.App
	for _, name := range names {
		id := filepath.Base(name)
		app, err := s.read(id[:len(id)-len(".json")])
		if errors.Is(err, sdk.ErrNotFound) {
			continue // deleted meanwhile
		}
		if err != nil {
			return nil, err
		}
		apps = append(apps, app)
	}
	return apps, nil
}

func (s *store) List(ctx context.Context, _ string, _ int) (sdk.AppPage, error) {
	if err := s.mood(ctx); err != nil {
		return sdk.AppPage{}, err
	}
	apps, err := s.all()
	return sdk.AppPage{Apps: apps}, err
}

// note adds a line to the list of questions.
func (s *store) note(line string) {
	file, err := os.OpenFile(filepath.Join(string(s.folder), "calls"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return
	}
	defer file.Close()
	_, _ = file.WriteString(line + "\n")
}

// Create is that of sdk.AppWriter.
func (s *store) Create(ctx context.Context, app *sdk.App) (*sdk.App, error) {
	return s.change(ctx, app.ID, func(old *sdk.App) (*sdk.App, error) {
		if old != nil {
			return nil, sdk.ErrConflict
		}
		return app, nil
	})
}

// Update is that of sdk.AppWriter.
func (s *store) Update(ctx context.Context, app *sdk.App) (*sdk.App, error) {
	return s.change(ctx, app.ID, func(old *sdk.App) (*sdk.App, error) {
		switch {
		case old == nil:
			return nil, sdk.ErrNotFound
		case app.Revision != 0 && app.Revision != old.Revision:
			return nil, sdk.ErrConflict
		}
		return app, nil
	})
}

// change writes what with makes of the app that is there, which may be nil.
func (s *store) change(ctx context.Context, id string, with func(old *sdk.App) (*sdk.App, error)) (*sdk.App, error) {
	if err := s.mood(ctx); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	old, err := s.read(id)
	if err != nil && !errors.Is(err, sdk.ErrNotFound) {
		return nil, err
	}
	next, err := with(old)
	if err == nil {
		err = s.free(next)
	}
	if err != nil {
		return nil, err
	}
	stored := *next
	stored.Revision = 1
	if old != nil {
		stored.Revision = old.Revision + 1
	}
	doc, err := appjson.Encode(&stored, appjson.WithSecrets())
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(row{stored.Revision, doc})
	if err != nil {
		return nil, err
	}
	return &stored, s.write(id+".json", text, time.Time{})
}

// free is ErrConflict if another app has the key.
func (s *store) free(app *sdk.App) error {
	apps, err := s.all()
	for _, other := range apps {
		if other.ID != app.ID && other.Key == app.Key {
			return sdk.ErrConflict
		}
	}
	return err
}

// Delete is that of sdk.AppWriter.
func (s *store) Delete(ctx context.Context, id string, revision uint64) error {
	if err := s.mood(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	old, err := s.read(id)
	switch {
	case err != nil:
		return err
	case revision != 0 && revision != old.Revision:
		return sdk.ErrConflict
	}
	return os.Remove(filepath.Join(string(s.folder), id+".json"))
}

// look is how often files are looked at for changes.
const look = 50 * time.Millisecond

// Watch is that of sdk.AppWatcher.
func (s *store) Watch(ctx context.Context, changed func(sdk.AppChange) error) error {
	if s.blind {
		return sdk.ErrUnsupported
	}
	ticker := time.NewTicker(look)
	defer ticker.Stop()
	for known := s.revisions(); ; {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
		now := s.revisions()
		for id, revision := range now {
			if known[id] != revision {
				if err := changed(sdk.AppChange{ID: id, Revision: revision}); err != nil {
					return err
				}
			}
		}
		for id := range known {
			if _, there := now[id]; !there {
				if err := changed(sdk.AppChange{ID: id, Deleted: true}); err != nil {
					return err
				}
			}
		}
		known = now
	}
}

func (s *store) revisions() map[string]uint64 {
	found := map[string]uint64{}
	apps, _ := s.all()
	for _, app := range apps {
		found[app.ID] = app.Revision
	}
	return found
}
