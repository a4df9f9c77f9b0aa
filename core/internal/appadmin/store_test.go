package appadmin

import (
	"context"
	"slices"

	"github.com/jackfield/jackfield/sdk/contract"
)

// store is an app manager in memory that others may change too.
type store struct {
	apps []*contract.App
	// meanwhile runs once before the next update, as another operator would.
	meanwhile func()
	err       error
}

func (s *store) list() []*contract.App { return s.apps }

func (s *store) index(id string) int {
	return slices.IndexFunc(s.apps, func(a *contract.App) bool { return a.ID == id })
}

func (s *store) taken(app *contract.App) bool {
	return slices.ContainsFunc(s.apps, func(a *contract.App) bool { return a.ID != app.ID && a.Key == app.Key })
}

func (s *store) Create(_ context.Context, app *contract.App) (*contract.App, error) {
	if s.index(app.ID) >= 0 || s.taken(app) {
		return nil, contract.ErrConflict
	}
	stored := *app
	stored.Revision = 1
	s.apps = append(s.apps, &stored)
	return &stored, s.err
}

func (s *store) Update(_ context.Context, app *contract.App) (*contract.App, error) {
	if s.meanwhile != nil {
		other := s.meanwhile
		s.meanwhile = nil
		other()
	}
	i := s.index(app.ID)
	switch {
	case s.err != nil:
		return nil, s.err
	case i < 0:
		return nil, contract.ErrNotFound
	case app.Revision != s.apps[i].Revision || s.taken(app):
		return nil, contract.ErrConflict
	}
	stored := *app
	stored.Revision++
	s.apps[i] = &stored
	return &stored, nil
}

func (s *store) Delete(_ context.Context, id string, revision uint64) error {
	i := s.index(id)
	switch {
	case i < 0:
		return contract.ErrNotFound
	case revision != 0 && revision != s.apps[i].Revision:
		return contract.ErrConflict
	}
	s.apps = slices.Delete(s.apps, i, i+1)
	return s.err
}
