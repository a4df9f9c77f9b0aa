package lastevent

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/jackfield/jackfield/core/internal/frame"
	"github.com/jackfield/jackfield/core/internal/hub"
	"github.com/jackfield/jackfield/core/internal/pusher"
	"github.com/jackfield/jackfield/sdk/contract"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// shelf is a cache that can be told to fail or to hang.
type shelf struct {
	mu     sync.Mutex
	values map[string][]byte
	reads  int
	fail   bool
	hang   bool
}

func (s *shelf) wait(ctx context.Context) error {
	s.mu.Lock()
	fail, hang := s.fail, s.hang
	s.mu.Unlock()
	if hang {
		<-ctx.Done()
		return contract.ErrTimeout
	}
	if fail {
		return contract.ErrUnavailable
	}
	return nil
}

func (s *shelf) Get(ctx context.Context, key string) ([]byte, error) {
	if err := s.wait(ctx); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads++
	v, ok := s.values[key]
	if !ok {
		return nil, contract.ErrNotFound
	}
	return v, nil
}

func (s *shelf) Set(ctx context.Context, key string, value []byte, _ contract.SetOptions) (bool, error) {
	if err := s.wait(ctx); err != nil {
		return false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.values[key] = value
	return true, nil
}

func (s *shelf) Delete(context.Context, string) (bool, error) { return false, errors.ErrUnsupported }

// line is where messages go after the cache.
type line struct {
	mu  sync.Mutex
	ids []uint64
	err error
}

func (l *line) Publish(_ context.Context, _ string, msgs []hub.Message) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, m := range msgs {
		l.ids = append(l.ids, m.ID)
	}
	return l.err
}

func newStore(s *shelf, missed func(app, channel string)) *Store {
	s.values = map[string][]byte{}
	return New(Options{Cache: s, TTL: time.Hour, ReadTimeout: 100 * time.Millisecond, WriteTimeout: 500 * time.Millisecond, Missed: missed})
}

func message(channel, data string) hub.Message {
	payload := pusher.AppendEvent(nil, "e", channel, []byte(data), "")
	return hub.Message{Channel: channel, Frame: frame.AppendText(nil, payload), Cache: true}
}

// ask waits for the answer about a channel.
func ask(s *Store, channel string) Event {
	got := make(chan Event, 1)
	s.Ask("app", channel, func(e Event) { got <- e })
	return <-got
}

func TestWhatWasPublishedIsTheAnswer(t *testing.T) {
	s, next := newStore(&shelf{}, nil), &line{}
	s.Start()
	defer s.Stop()
	if e := ask(s, "cache-a"); !e.IsZero() {
		t.Fatalf("an event before there was one: %q", e.Frame)
	}
	msgs := []hub.Message{message("cache-a", `"1"`), message("cache-b", `{"x":1}`), message("cache-a", `"2"`), {Channel: "plain"}}
	if err := s.Publisher(next).Publish(t.Context(), "app", msgs); err != nil {
		t.Fatal(err)
	}
	for channel, want := range map[string]hub.Message{"cache-a": msgs[2], "cache-b": msgs[1]} {
		if diff := cmp.Diff(want.Frame, ask(s, channel).Frame); diff != "" {
			t.Errorf("%s: %s", channel, diff)
		}
	}
	if e := ask(s, "cache-a"); e.ID != msgs[2].ID || e.ID <= msgs[0].ID || msgs[3].ID != 0 {
		t.Errorf("id %d, messages have %v", e.ID, next.ids)
	}
	data, ttl, ok, err := s.Cached(t.Context(), "app", "cache-b")
	if string(data) != `"{\"x\":1}"` || ttl != time.Hour || !ok || err != nil {
		t.Errorf("Cached: %s %v %v %v", data, ttl, ok, err)
	}
	if _, _, ok, err := s.Cached(t.Context(), "other", "cache-b"); ok || err != nil {
		t.Errorf("another app's: %v %v", ok, err)
	}
}

func TestACacheThatIsAwayHoldsNothing(t *testing.T) {
	for _, c := range []struct {
		name  string
		shelf *shelf
		write time.Duration
		read  time.Duration
	}{
		{"fails", &shelf{fail: true}, 0, 0},
		{"hangs", &shelf{hang: true}, 500 * time.Millisecond, 100 * time.Millisecond},
	} {
		synctest.Test(t, func(t *testing.T) {
			s, next := newStore(c.shelf, nil), &line{}
			s.Start()
			defer s.Stop()
			began := time.Now()
			if err := s.Publisher(next).Publish(t.Context(), "app", []hub.Message{message("cache-a", `"1"`)}); err != nil || len(next.ids) != 1 {
				t.Errorf("%s: publish: %v, %d handed on", c.name, err, len(next.ids))
			}
			wrote := time.Now()
			if e := ask(s, "cache-a"); !e.IsZero() {
				t.Errorf("%s: got an event", c.name)
			}
			if w, r := wrote.Sub(began), time.Since(wrote); w != c.write || r != c.read {
				t.Errorf("%s: write took %v, read %v", c.name, w, r)
			}
			if _, _, ok, err := s.Cached(t.Context(), "app", "cache-a"); ok || err == nil {
				t.Errorf("%s: Cached says %v, %v", c.name, ok, err)
			}
		})
	}
}

func TestNobodyWaitsLongerBecauseManyWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStore(&shelf{hang: true}, nil)
		s.Start()
		defer s.Stop()
		began := time.Now()
		var wg sync.WaitGroup
		for i := range 5000 {
			wg.Add(1)
			s.Ask("app", fmt.Sprintf("cache-%d", i), func(Event) { wg.Done() })
		}
		wg.Wait()
		if took := time.Since(began); took > 200*time.Millisecond {
			t.Errorf("the last was answered after %v", took)
		}
	})
}

func TestACrowdIsServedByOneLookUpAndToldOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told []string
		var mu sync.Mutex
		c := &shelf{}
		s := newStore(c, func(app, channel string) {
			mu.Lock()
			defer mu.Unlock()
			told = append(told, app+"/"+channel)
		})
		var wg sync.WaitGroup
		crowd := func() {
			wg.Add(100)
			for range 100 {
				s.Ask("app", "cache-a", func(Event) { wg.Done() })
			}
		}
		crowd()
		s.Start()
		defer s.Stop()
		wg.Wait()
		if c.reads != 1 {
			t.Errorf("%d look-ups", c.reads)
		}
		mu.Lock()
		defer mu.Unlock()
		if diff := cmp.Diff([]string{"app/cache-a"}, told); diff != "" {
			t.Error(diff)
		}
	})
}

// Whatever publishers do at once, the cache ends with the event that went to the
// hub last, and ids grow in the hub.
func TestCacheAndHubAgreeAboutTheOrder(t *testing.T) {
	s, next := newStore(&shelf{}, nil), &line{}
	s.Start()
	defer s.Stop()
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 50 {
				_ = s.Publisher(next).Publish(t.Context(), "app", []hub.Message{message("cache-a", fmt.Sprintf(`"%d.%d"`, i, j))})
			}
		})
	}
	wg.Wait()
	if !slices.IsSorted(next.ids) || len(next.ids) != 400 {
		t.Error("ids do not grow")
	}
	if e := ask(s, "cache-a"); e.ID != next.ids[399] {
		t.Errorf("the cache has %d, the hub got %d last", e.ID, next.ids[399])
	}
}

func TestARefusedPublishIsRefused(t *testing.T) {
	s, next := newStore(&shelf{}, nil), &line{err: hub.ErrFull}
	if err := s.Publisher(next).Publish(t.Context(), "app", []hub.Message{message("cache-a", `"1"`)}); !errors.Is(err, hub.ErrFull) {
		t.Error(err)
	}
}

func FuzzAnEntryIsAnEventOrNothing(f *testing.F) {
	f.Add(encode(7, []byte(`{"event":"e","channel":"cache-a","data":"{}"}`)))
	f.Add([]byte(`{"event":"e","data":{"a":1}}`))
	f.Add([]byte(`{"id":"zzzz","event":"pusher:error","data":1}`))
	f.Add([]byte("rubbish"))
	f.Fuzz(func(t *testing.T, entry []byte) {
		e := decode(entry, "cache-a")
		if e.IsZero() {
			return
		}
		env, err := pusher.ParseEnvelope(frame.Payload(e.Frame))
		if err != nil || string(env.Channel) != "cache-a" || env.Data[0] != '"' || pusher.IsProtocolEvent(env.Event) {
			t.Fatalf("%q became %q: %v", entry, e.Frame, err)
		}
	})
}
