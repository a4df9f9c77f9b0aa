package directory

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/jackfield/jackfield/core/internal/pusher"
	"github.com/jackfield/jackfield/sdk/contract"
)

// world is a shared cache in memory and the channels of a node.
type world struct {
	mu      sync.Mutex
	values  map[string]string
	until   map[string]time.Time
	err     error
	writes  int
	members map[string][]pusher.Member // by channel
}

func (w *world) Get(context.Context, string) ([]byte, error) { return nil, contract.ErrUnsupported }

func (w *world) Set(_ context.Context, key string, value []byte, opts contract.SetOptions) (bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.writes++
	if w.err == nil {
		w.values[key], w.until[key] = string(value), time.Now().Add(opts.TTL)
	}
	return true, w.err
}

func (w *world) Delete(_ context.Context, key string) (bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err == nil {
		delete(w.values, key)
	}
	return true, w.err
}

// batches is a world whose cache takes many entries at once.
type batches struct{ *world }

func (b batches) GetMany(context.Context, []string) ([][]byte, []error) { return nil, nil }

func (b batches) SetMany(ctx context.Context, entries []contract.CacheEntry) ([]bool, []error) {
	done, errs := make([]bool, len(entries)), make([]error, len(entries))
	for i, e := range entries {
		done[i], errs[i] = b.Set(ctx, e.Key, e.Value, e.Options)
	}
	return done, errs
}

func (w *world) list(_, channel string) []pusher.Member {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.members[channel]
}

func (w *world) set(change func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change()
}

// seen is what a reader of the cache finds now.
func (w *world) seen() map[string]string {
	w.mu.Lock()
	defer w.mu.Unlock()
	found := maps.Clone(w.values)
	maps.DeleteFunc(found, func(key, _ string) bool { return time.Now().After(w.until[key]) })
	return found
}

func (w *world) check(t *testing.T, want map[string]string) {
	t.Helper()
	if diff := cmp.Diff(want, w.seen()); diff != "" {
		t.Error(diff)
	}
}

// inWorld runs a test on simulated time.
func inWorld(t *testing.T, test func(t *testing.T, w *world, d *Directory)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{values: map[string]string{}, until: map[string]time.Time{}, members: map[string][]pusher.Member{}}
		d := New(Options{Cache: batches{w}, Members: w.list, Timeout: 100 * time.Millisecond})
		d.Start()
		defer d.Stop()
		test(t, w, d)
	})
}

var ann = pusher.Member{UserID: "ann", Info: []byte(`{"name":"Ann <&>"}`)}

func TestEntriesComeAndGo(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, d *Directory) {
		w.members["presence-a"] = []pusher.Member{ann, {UserID: "b"}}
		d.Changed("1", "presence-a")
		d.SignedIn("1", "ann")
		time.Sleep(gather)
		synctest.Wait()
		w.check(t, map[string]string{
			"presence:1:presence-a": `{"channel":"presence-a","count":2,"members":[{"user_id":"ann","user_info":{"name":"Ann <&>"}},{"user_id":"b"}]}`,
			"user:1:ann":            `{"user_id":"ann"}`,
		})
		for range 10 { // as long as there is somebody
			time.Sleep(ttl / 2)
			synctest.Wait()
			if len(w.seen()) != 2 {
				t.Fatalf("there is %v", w.seen())
			}
		}
		w.set(func() { delete(w.members, "presence-a") })
		d.Changed("1", "presence-a")
		d.SignedOut("1", "ann")
		time.Sleep(gather)
		synctest.Wait()
		w.check(t, map[string]string{})
		if n := d.Samples(t.Context())[0].Value; n != 0 {
			t.Errorf("%v entries are remembered", n)
		}
	})
}

func TestManyChangesAreOneWrite(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, d *Directory) {
		w.members["presence-a"] = []pusher.Member{ann}
		for range 1000 {
			d.Changed("1", "presence-a")
		}
		time.Sleep(gather)
		synctest.Wait()
		if w.writes != 1 {
			t.Errorf("%d writes", w.writes)
		}
	})
}

func TestWhatWasSkippedIsWrittenLater(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, d *Directory) {
		w.err = contract.ErrUnavailable
		d.SignedIn("1", "ann")
		time.Sleep(gather)
		synctest.Wait()
		if n := d.Samples(t.Context())[1].Value; n != 1 {
			t.Errorf("%v were counted", n)
		}
		w.set(func() { w.err = nil })
		time.Sleep(round + gather)
		synctest.Wait()
		if len(w.seen()) != 1 {
			t.Error("nothing was written")
		}
	})
}

func TestTheRowIsBounded(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, d *Directory) {
		for i := range maxChanges + 5 {
			d.SignedIn("1", fmt.Sprint(i))
		}
		if n := d.Samples(t.Context())[1].Value; n != 5 {
			t.Errorf("%v were skipped", n)
		}
		time.Sleep(round + 2*gather)
		synctest.Wait()
		if n := len(w.seen()); n != maxChanges+5 {
			t.Errorf("%d entries in the end", n)
		}
	})
}

func TestWhatWaitsAtTheEndIsWritten(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, d *Directory) {
		d.SignedIn("1", "ann")
		d.Stop()
		if len(w.seen()) != 1 {
			t.Error("it was not")
		}
	})
}

func TestALongListIsCut(t *testing.T) {
	members := make([]pusher.Member, 100)
	for i := range members {
		members[i] = pusher.Member{UserID: fmt.Sprint(i), Info: []byte(`"` + strings.Repeat("x", 20_000) + `"`)}
	}
	text := string(encodeChannel("presence-a", members))
	if len(text) > maxValue+10_000 || !strings.Contains(text, `"count":100`) || !strings.HasSuffix(text, `"truncated":true}`) {
		t.Errorf("%d bytes, %.80s", len(text), text)
	}
}

// Whatever happens in whatever order, in the end the cache shows what is true.
func TestTheCacheShowsTheTruth(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		steps := rapid.SliceOf(rapid.IntRange(0, 8)).Draw(rt, "steps")
		inWorld(t, func(t *testing.T, w *world, d *Directory) {
			online := map[string]bool{}
			for _, step := range steps {
				user := string(rune('a' + step%3))
				switch step / 3 {
				case 0:
					online[user] = true
					d.SignedIn("1", user)
				case 1:
					delete(online, user)
					d.SignedOut("1", user)
				default:
					time.Sleep(gather * time.Duration(step-5) / 2)
				}
			}
			time.Sleep(2 * gather)
			synctest.Wait()
			if found := w.seen(); len(found) != len(online) {
				t.Errorf("steps %v: there is %v, online are %v", steps, found, online)
			}
		})
	})
}
