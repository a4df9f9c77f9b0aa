package appcache

import (
	"bytes"
	"context"
	"maps"
	"sync"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// shelf is a shared cache in memory with the least that a driver must have.
type shelf struct {
	mu     sync.Mutex
	values map[string]string
	ttls   map[string]time.Duration
	err    error
	// hang has reads wait until their time is up.
	hang bool
	// between runs once after the next read, as another node would.
	between func()
}

func newShelf() *shelf { return &shelf{values: map[string]string{}, ttls: map[string]time.Duration{}} }

func (s *shelf) Get(ctx context.Context, key string) ([]byte, error) {
	s.mu.Lock()
	value, ok := s.values[key]
	err, hang, between := s.err, s.hang, s.between
	s.between = nil
	s.mu.Unlock()
	if hang {
		<-ctx.Done()
		return nil, contract.ErrTimeout
	}
	if between != nil {
		between()
	}
	switch {
	case err != nil:
		return nil, err
	case !ok:
		return nil, contract.ErrNotFound
	}
	return []byte(value), nil
}

func (s *shelf) Set(_ context.Context, key string, value []byte, opts contract.SetOptions) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, there := s.values[key]; there && opts.IfAbsent {
		return false, nil
	}
	s.values[key], s.ttls[key] = string(value), opts.TTL
	return true, s.err
}

func (s *shelf) Delete(context.Context, string) (bool, error) { return false, contract.ErrUnsupported }

func (s *shelf) all() map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.values)
}

// able is a shelf with the abilities of Redis.
type able struct{ *shelf }

func (a able) CompareAndSet(_ context.Context, key string, old, value []byte, ttl time.Duration) (bool, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	present, there := a.values[key]
	if there != (old != nil) || !bytes.Equal([]byte(present), old) {
		return false, nil
	}
	a.values[key], a.ttls[key] = string(value), ttl
	return true, nil
}

func (a able) Touch(context.Context, string, time.Duration) (bool, error) {
	return false, contract.ErrUnsupported
}

func (a able) TTL(_ context.Context, key string) (time.Duration, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.ttls[key], nil
}

// shut claims abilities that it lacks, as the facade of a plugin does.
type shut struct{ able }

func (shut) CompareAndSet(context.Context, string, []byte, []byte, time.Duration) (bool, error) {
	return false, contract.ErrUnsupported
}

func (shut) TTL(context.Context, string) (time.Duration, error) { return 0, contract.ErrUnsupported }
