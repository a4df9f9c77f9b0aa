package lastevent

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// Options of a Store. All fields are required unless they say otherwise.
type Options struct {
	// Cache may be nil: then no channel ever has an event.
	Cache contract.Cache
	// TTL is how long an event is kept; 0 is for ever.
	TTL time.Duration
	// ReadTimeout bounds one look-up, WriteTimeout what a publisher waits.
	ReadTimeout, WriteTimeout time.Duration
	// Patient marks the context of a write; may be nil.
	Patient func(context.Context) context.Context
	// Missed is told that a look-up found no event, however many waited for it;
	// may be nil. It returns at once.
	Missed func(appID, channel string)
}

// readers is the number of goroutines that look up; each takes up to readBatch
// channels at a time.
const (
	readers   = 4
	readBatch = 64
)

// Store is the last events of all cache channels.
type Store struct {
	opts  Options
	order stripes
	ids   atomic.Uint64

	wg   sync.WaitGroup
	mu   sync.Mutex
	wake sync.Cond
	// Guarded by mu.
	waiting map[channelKey]*lookUp
	row     []*lookUp
	stopped bool
}

type channelKey struct{ app, channel string }

// lookUp is one channel for which somebody waits.
type lookUp struct {
	channelKey
	answers []func(Event)
	since   time.Time
}

// New returns a store over a cache.
func New(opts Options) *Store {
	if opts.Patient == nil {
		opts.Patient = func(ctx context.Context) context.Context { return ctx }
	}
	if opts.TTL == 0 {
		opts.TTL = contract.NoExpiry
	}
	s := &Store{opts: opts, order: newStripes(), waiting: map[channelKey]*lookUp{}}
	s.wake.L = &s.mu
	s.ids.Store(uint64(time.Now().UnixNano()))
	return s
}

// keyOf is the key of a channel's entry; the cache's driver adds its prefix.
func keyOf(appID, channel string) string { return "channel:" + appID + ":" + channel }

// Start starts the goroutines that look up.
func (s *Store) Start() {
	for range readers {
		s.wg.Go(s.read)
	}
}

// Stop ends them; who still waits is not answered.
func (s *Store) Stop() {
	s.mu.Lock()
	s.stopped = true
	s.mu.Unlock()
	s.wake.Broadcast()
	s.wg.Wait()
}

// Ask looks the event of a channel up and calls answer with it, or with the zero
// Event, soon and once, on another goroutine. answer returns at once. What is
// published after Ask was called may be missing from the answer, nothing else is.
func (s *Store) Ask(appID, channel string, answer func(Event)) {
	key := channelKey{appID, channel}
	s.mu.Lock()
	defer s.mu.Unlock()
	if l := s.waiting[key]; l != nil {
		l.answers = append(l.answers, answer)
		return
	}
	l := &lookUp{key, []func(Event){answer}, time.Now()}
	s.waiting[key] = l
	s.row = append(s.row, l)
	s.wake.Signal()
}

func (s *Store) read() {
	for batch := s.take(); batch != nil; batch = s.take() {
		events := s.lookUp(batch)
		for i, l := range batch {
			if events[i].IsZero() && s.opts.Missed != nil {
				s.opts.Missed(l.app, l.channel)
			}
			for _, answer := range l.answers {
				answer(events[i])
			}
		}
	}
}

// take waits for look-ups and returns some of them, nil at the end. From now on
// who asks for their channels starts new ones.
func (s *Store) take() []*lookUp {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.row) == 0 && !s.stopped {
		s.wake.Wait()
	}
	if s.stopped {
		return nil
	}
	n := min(len(s.row), readBatch)
	batch := append([]*lookUp(nil), s.row[:n]...)
	s.row = append(s.row[:0], s.row[n:]...)
	for _, l := range batch {
		delete(s.waiting, l.channelKey)
	}
	return batch
}

// lookUp returns the event of each channel, the zero Event where there is none,
// the cache failed, or somebody has waited long enough already.
func (s *Store) lookUp(batch []*lookUp) []Event {
	events := make([]Event, len(batch))
	if s.opts.Cache == nil {
		return events
	}
	ctx, cancel := context.WithTimeout(context.Background(), s.opts.ReadTimeout)
	defer cancel()
	var keys []string
	var index []int
	for i, l := range batch {
		if time.Since(l.since) < s.opts.ReadTimeout {
			keys, index = append(keys, keyOf(l.app, l.channel)), append(index, i)
		}
	}
	values, errs := getMany(ctx, s.opts.Cache, keys)
	for j, i := range index {
		if errs[j] == nil {
			events[i] = decode(values[j], batch[i].channel)
		}
	}
	return events
}

func getMany(ctx context.Context, cache contract.Cache, keys []string) ([][]byte, []error) {
	if b, ok := cache.(contract.CacheBatcher); ok && len(keys) > 1 {
		return b.GetMany(ctx, keys)
	}
	values, errs := make([][]byte, len(keys)), make([]error, len(keys))
	for i, key := range keys {
		values[i], errs[i] = cache.Get(ctx, key)
	}
	return values, errs
}

// Cached returns the data of a channel's event as a JSON string, and how long it
// will be kept; false if there is none, an error if the cache cannot tell.
func (s *Store) Cached(ctx context.Context, appID, channel string) (data []byte, ttl time.Duration, ok bool, err error) {
	if s.opts.Cache == nil {
		return nil, 0, false, nil
	}
	ctx, cancel := context.WithTimeout(ctx, s.opts.ReadTimeout)
	defer cancel()
	key := keyOf(appID, channel)
	value, err := s.opts.Cache.Get(ctx, key)
	if errors.Is(err, contract.ErrNotFound) {
		return nil, 0, false, nil
	}
	if err != nil {
		return nil, 0, false, err
	}
	e := decode(value, channel)
	if e.IsZero() {
		return nil, 0, false, nil
	}
	return e.data, s.ttl(ctx, key), true, nil
}

// ttl is the time left, or the whole of it if the cache cannot tell.
func (s *Store) ttl(ctx context.Context, key string) time.Duration {
	if t, ok := s.opts.Cache.(contract.CacheToucher); ok {
		if left, err := t.TTL(ctx, key); err == nil {
			return max(left, 0)
		}
	}
	return max(s.opts.TTL, 0)
}
