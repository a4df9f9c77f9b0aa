package apps

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// store is an app manager in memory that can be away, slow or out of date.
type store struct {
	mu    sync.Mutex
	apps  map[string]contract.App // by id
	err   error
	asked int
	// delay passes between reading and answering.
	delay time.Duration
	// changes are told to who watches; made within the test's bubble.
	changes chan contract.AppChange
	// watchErr ends a watch at once.
	watchErr error
	watches  int
}

func newStore(apps ...contract.App) *store {
	s := &store{apps: map[string]contract.App{}}
	for _, a := range apps {
		s.apps[a.ID] = a
	}
	return s
}

func (s *store) find(ctx context.Context, match func(contract.App) bool) (*contract.App, error) {
	app, err := s.read(match)
	s.mu.Lock()
	delay := s.delay
	s.mu.Unlock()
	select {
	case <-time.After(delay):
		return app, err
	case <-ctx.Done():
		return nil, contract.ErrTimeout
	}
}

func (s *store) read(match func(contract.App) bool) (*contract.App, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	if s.err != nil {
		return nil, s.err
	}
	for _, a := range s.apps {
		if match(a) {
			return &a, nil
		}
	}
	return nil, contract.ErrNotFound
}

func (s *store) FindByID(ctx context.Context, id string) (*contract.App, error) {
	return s.find(ctx, func(a contract.App) bool { return a.ID == id })
}

func (s *store) FindByKey(ctx context.Context, key string) (*contract.App, error) {
	return s.find(ctx, func(a contract.App) bool { return a.Key == key })
}

func (s *store) List(context.Context, string, int) (contract.AppPage, error) {
	return contract.AppPage{}, contract.ErrUnsupported
}

func (s *store) Watch(ctx context.Context, changed func(contract.AppChange) error) error {
	s.mu.Lock()
	s.watches++
	err := s.watchErr
	s.mu.Unlock()
	if err != nil {
		return err
	}
	for {
		select {
		case c := <-s.changes:
			if err := changed(c); err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// put changes the store.
func (s *store) put(a contract.App) { s.set(func() { s.apps[a.ID] = a }) }

func (s *store) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

// questions returns how often the store was asked since the last call.
func (s *store) questions() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.asked
	s.asked = 0
	return n
}

func (s *store) checkQuestions(t *testing.T, want int) {
	t.Helper()
	if got := s.questions(); got != want {
		t.Errorf("the store was asked %d times, want %d", got, want)
	}
}

// anApp is an app with id and key "a"+n at a revision.
func anApp(id string, revision uint64) contract.App {
	return contract.App{ID: id, Key: "key-" + id, Secrets: []contract.Secret{"secret"}, Enabled: true, Revision: revision}
}
