package appadmin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackfield/jackfield/sdk/contract"
)

// Admin is what can be done with apps. secrets asks for documents with secrets
// in them. A revision of 0 means whichever is stored.
type Admin interface {
	// List returns a page of apps; page is "" or Next of the page before, limit
	// 1 to 1000.
	List(ctx context.Context, page string, limit int, secrets bool) (Page, error)
	// Show returns one app.
	Show(ctx context.Context, id string, secrets bool) (json.RawMessage, error)
	// Add stores a new app and returns it. A missing key or secret is made up.
	Add(ctx context.Context, doc json.RawMessage, secrets bool) (json.RawMessage, error)
	// Change merges patch into an app and returns the app as it is then.
	Change(ctx context.Context, id string, patch json.RawMessage, revision uint64, secrets bool) (json.RawMessage, error)
	// RotateSecret gives an app a new secret that signs; the one before still
	// verifies unless how says otherwise.
	RotateSecret(ctx context.Context, id string, how Rotation, secrets bool) (json.RawMessage, error)
	// Remove deletes an app.
	Remove(ctx context.Context, id string, revision uint64) error
}

// Page is a part of the list of apps; Next is the page that follows, "" at the end.
type Page struct {
	Apps []json.RawMessage `json:"apps"`
	Next string            `json:"next,omitempty"`
}

// Rotation says how a secret is replaced.
type Rotation struct {
	// DropOld ends the life of the old secret at once.
	DropOld  bool   `json:"drop_old,omitempty"`
	Revision uint64 `json:"revision,omitempty"`
}

// Options of a Service.
type Options struct {
	// Store has the apps.
	Store contract.AppManager
	// Writer changes them; nil: nobody can, because of ReadOnly.
	Writer   contract.AppWriter
	ReadOnly string
	// Learned and Lost are told of changes that the store has made; may be nil.
	Learned func(*contract.App)
	Lost    func(id string)
}

// Service is Admin for the apps of a store.
type Service struct{ opts Options }

var _ Admin = (*Service)(nil)

// New returns a Service.
func New(opts Options) *Service {
	if opts.Learned == nil {
		opts.Learned = func(*contract.App) {}
	}
	if opts.Lost == nil {
		opts.Lost = func(string) {}
	}
	return &Service{opts}
}

// List is that of Admin.
func (s *Service) List(ctx context.Context, page string, limit int, secrets bool) (Page, error) {
	found, err := s.opts.Store.List(ctx, page, limit)
	if err != nil {
		return Page{}, err
	}
	out := Page{Apps: []json.RawMessage{}, Next: found.Next}
	for _, app := range found.Apps {
		doc, err := show(app, secrets)
		if err != nil {
			return Page{}, err
		}
		out.Apps = append(out.Apps, doc)
	}
	return out, nil
}

// Show is that of Admin.
func (s *Service) Show(ctx context.Context, id string, secrets bool) (json.RawMessage, error) {
	app, err := s.find(ctx, id)
	if err != nil {
		return nil, err
	}
	return show(app, secrets)
}

func (s *Service) find(ctx context.Context, id string) (*contract.App, error) {
	app, err := s.opts.Store.FindByID(ctx, id)
	if errors.Is(err, contract.ErrNotFound) {
		return nil, fmt.Errorf("%w: no app has the id %q", contract.ErrNotFound, id)
	}
	return app, err
}

// Add is that of Admin.
func (s *Service) Add(ctx context.Context, doc json.RawMessage, secrets bool) (json.RawMessage, error) {
	if err := s.mayWrite(); err != nil {
		return nil, err
	}
	app, err := newApp(doc)
	if err != nil {
		return nil, err
	}
	stored, err := s.opts.Writer.Create(ctx, app)
	switch {
	case errors.Is(err, contract.ErrConflict):
		return nil, fmt.Errorf("%w: another app has the id %q or the key %q", contract.ErrConflict, app.ID, app.Key)
	case err != nil:
		return nil, s.explain(err)
	}
	s.opts.Learned(stored)
	return show(stored, secrets)
}

// Change is that of Admin.
func (s *Service) Change(ctx context.Context, id string, patch json.RawMessage, revision uint64, secrets bool) (json.RawMessage, error) {
	p, err := readPatch(patch)
	if err != nil {
		return nil, err
	}
	if revision == 0 {
		revision = p.revision
	}
	return s.edit(ctx, id, revision, secrets, p.apply)
}

// RotateSecret is that of Admin.
func (s *Service) RotateSecret(ctx context.Context, id string, how Rotation, secrets bool) (json.RawMessage, error) {
	fresh := newSecret()
	return s.edit(ctx, id, how.Revision, secrets, func(app *contract.App) (*contract.App, error) {
		next := *app
		next.Secrets = []contract.Secret{fresh}
		if old := app.Secret(); old != "" && !how.DropOld {
			next.Secrets = append(next.Secrets, old)
		}
		return &next, nil
	})
}

// attempts is how often an edit begins anew because somebody else was quicker.
const attempts = 3

// edit makes a change of the app as it is in the store.
func (s *Service) edit(ctx context.Context, id string, revision uint64, secrets bool,
	change func(*contract.App) (*contract.App, error),
) (json.RawMessage, error) {
	if err := s.mayWrite(); err != nil {
		return nil, err
	}
	for try := 1; ; try++ {
		before, err := s.find(ctx, id)
		if err != nil {
			return nil, err
		}
		if revision != 0 && before.Revision != revision {
			return nil, fmt.Errorf("%w: app %q is at revision %d now, not %d; look at it again", contract.ErrConflict, id, before.Revision, revision)
		}
		next, err := change(before)
		if err != nil {
			return nil, err
		}
		stored, err := s.opts.Writer.Update(ctx, next)
		if err == nil {
			s.opts.Learned(stored)
			return show(stored, secrets)
		}
		if !errors.Is(err, contract.ErrConflict) || revision != 0 || try == attempts {
			return nil, s.refusal(err, next, before)
		}
	}
}

// refusal explains why an app could not be updated.
func (s *Service) refusal(err error, next, before *contract.App) error {
	if errors.Is(err, contract.ErrConflict) && next.Key != before.Key {
		return fmt.Errorf("%w: another app has the key %q, or somebody else has just changed app %q", contract.ErrConflict, next.Key, next.ID)
	}
	if errors.Is(err, contract.ErrConflict) {
		return fmt.Errorf("%w: somebody else has just changed app %q; look at it again", contract.ErrConflict, next.ID)
	}
	return s.explain(err)
}

// Remove is that of Admin.
func (s *Service) Remove(ctx context.Context, id string, revision uint64) error {
	if err := s.mayWrite(); err != nil {
		return err
	}
	err := s.opts.Writer.Delete(ctx, id, revision)
	switch {
	case errors.Is(err, contract.ErrNotFound):
		return fmt.Errorf("%w: no app has the id %q", contract.ErrNotFound, id)
	case errors.Is(err, contract.ErrConflict):
		return fmt.Errorf("%w: app %q is no longer at revision %d; look at it again", contract.ErrConflict, id, revision)
	case err != nil:
		return s.explain(err)
	}
	s.opts.Lost(id)
	return nil
}

func (s *Service) mayWrite() error {
	if s.opts.Writer == nil {
		return fmt.Errorf("%w: %s", contract.ErrUnsupported, s.opts.ReadOnly)
	}
	return nil
}

func (s *Service) explain(err error) error {
	if errors.Is(err, contract.ErrUnsupported) {
		return fmt.Errorf("%w: the driver of app_manager cannot change apps", contract.ErrUnsupported)
	}
	return err
}
