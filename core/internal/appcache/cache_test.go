package appcache

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"
	"pgregory.net/rapid"

	"github.com/jackfield/jackfield/sdk/contract"
)

const secret = "a secret that all nodes know"

func newCache(c contract.Cache, key contract.Secret) *Cache {
	return New(Options{Cache: c, Secret: key, TTL: time.Minute, Timeout: 100 * time.Millisecond, Logger: hclog.NewNullLogger()})
}

// written does what is queued.
func (c *Cache) written(t interface{ Context() context.Context }) {
	for {
		select {
		case j := <-c.jobs:
			c.do(t.Context(), j)
		default:
			return
		}
	}
}

func anApp(revision uint64) *contract.App {
	most := uint32(7)
	return &contract.App{
		ID: "1", Key: "k", Secrets: []contract.Secret{"top-secret", "older-secret"}, Enabled: true, Revision: revision,
		Limits:         contract.Limits{MaxConnections: &most},
		AllowedOrigins: []string{"https://a.example/<&>"},
		Webhooks: []contract.Webhook{{
			URL: "https://hook.example/?token=hook-secret", EventTypes: []string{"cache_miss"},
			Headers: map[string]string{"Authorization": "header-secret"},
		}},
		Extra: json.RawMessage(`{"push":{"token":"extra-secret"}}`),
	}
}

func TestACopyIsTheApp(t *testing.T) {
	for name, shared := range map[string]contract.Cache{"plain": newShelf(), "able": able{newShelf()}, "shut": shut{able{newShelf()}}} {
		t.Run(name, func(t *testing.T) {
			c := newCache(shared, secret)
			c.Put(anApp(5))
			c.written(t)
			other := newCache(shared, secret) // of another node
			for _, byKey := range []bool{false, true} {
				app, good, ok := other.Find(t.Context(), map[bool]string{false: "1", true: "k"}[byKey], byKey)
				if !ok || good != time.Minute {
					t.Fatalf("found %v, good for %v", ok, good)
				}
				if diff := cmp.Diff(anApp(5), app); diff != "" {
					t.Error(diff)
				}
			}
			if _, _, ok := other.Find(t.Context(), "k", false); ok {
				t.Error("a key was taken for an id")
			}
		})
	}
}

func TestNothingSecretCanBeRead(t *testing.T) {
	for _, key := range []contract.Secret{"", secret} {
		s := newShelf()
		c := newCache(s, key)
		c.Put(anApp(5))
		c.written(t)
		for name, value := range s.all() {
			if strings.Contains(name+value, "secret") {
				t.Errorf("%s holds %s", name, value)
			}
		}
		var shown struct {
			ID, Key string
			Enabled bool
			Policy  struct{ Limits map[string]any }
			Sealed  *string
		}
		if err := json.Unmarshal([]byte(s.all()["app:1"]), &shown); err != nil {
			t.Fatal(err)
		}
		if shown.ID != "1" || shown.Key != "k" || !shown.Enabled || shown.Policy.Limits["max_connections"] != 7.0 {
			t.Errorf("others read %+v", shown)
		}
		if (shown.Sealed != nil) != (key != "") {
			t.Errorf("with key %q sealed is %v", key.Reveal(), shown.Sealed)
		}
		_, _, ok := c.Find(t.Context(), "1", false)
		if ok != (key != "") {
			t.Errorf("with key %q found %v", key.Reveal(), ok)
		}
	}
}

func TestWhatCannotBeOpenedIsAMiss(t *testing.T) {
	s := newShelf()
	c := newCache(s, secret)
	c.Put(anApp(5))
	c.written(t)
	if _, _, ok := newCache(s, "another secret").Find(t.Context(), "1", false); ok {
		t.Error("another key opens it")
	}
	mine := s.all()["app:1"]
	s.values["app:2"] = strings.Replace(mine, `"id":"1"`, `"id":"2"`, 1)
	s.values["app:3"], s.values["app:4"], s.values["app:5"] = "no JSON", `{"id":"4"}`, `{"id":"5","sealed":"AAAA"}`
	for _, id := range []string{"2", "3", "4", "5"} {
		if _, _, ok := c.Find(t.Context(), id, false); ok {
			t.Errorf("found app %s", id)
		}
	}
	s.values["app_key:other"] = "1"
	if _, _, ok := c.Find(t.Context(), "other", true); ok {
		t.Error("found an app under a key that is not its own")
	}
}

func TestADeletedAppIsNotFoundAndDoesNotComeBack(t *testing.T) {
	for name, shared := range map[string]contract.Cache{"plain": newShelf(), "able": able{newShelf()}} {
		t.Run(name, func(t *testing.T) {
			c := newCache(shared, secret)
			c.Put(anApp(5))
			c.Forget("1", 0)
			c.Put(anApp(5)) // of a slow reader
			c.written(t)
			if _, _, ok := c.Find(t.Context(), "1", false); ok {
				t.Error("found a deleted app")
			}
		})
	}
}

func TestANewerRecordThatComesBetweenStays(t *testing.T) {
	s := newShelf()
	c := newCache(able{s}, secret)
	c.Put(anApp(5))
	c.written(t)
	s.between = func() {
		other := newCache(able{s}, secret)
		other.Put(anApp(9))
		other.written(t)
	}
	c.Put(anApp(7))
	c.written(t)
	if app, _, _ := c.Find(t.Context(), "1", false); app.Revision != 9 {
		t.Errorf("revision %d", app.Revision)
	}
}

// Whatever comes in whatever order, the record is the highest revision that was
// put, unless a mark stands above it.
func TestRevisionsOnlyGrow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := newCache(able{newShelf()}, secret)
		var highest, mark uint64
		for i := range rapid.IntRange(1, 20).Draw(t, "n") {
			revision := rapid.Uint64Range(1, 9).Draw(t, fmt.Sprint("revision", i))
			if rapid.Bool().Draw(t, "forget") {
				c.Forget("1", revision)
				mark = max(mark, revision)
			} else {
				c.Put(anApp(revision))
				if revision >= mark {
					highest = max(highest, revision)
				}
			}
			c.written(t)
		}
		app, _, ok := c.Find(t.Context(), "1", false)
		if want := highest > 0 && highest >= mark; ok != want || ok && app.Revision != highest {
			t.Fatalf("found %v %v, highest %d, mark %d", ok, app, highest, mark)
		}
	})
}

func TestACacheThatIsAwayOrHangsIsAMiss(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShelf()
		c := newCache(s, secret)
		c.Put(anApp(5))
		c.written(t)
		s.err = contract.ErrUnavailable
		if _, _, ok := c.Find(t.Context(), "1", false); ok {
			t.Error("found in a cache that is away")
		}
		c.Put(anApp(6))
		c.written(t)
		s.err, s.hang = nil, true
		began := time.Now()
		if _, _, ok := c.Find(t.Context(), "k", true); ok || time.Since(began) != 100*time.Millisecond {
			t.Errorf("found %v after %v", ok, time.Since(began))
		}
	})
}

func TestWritesAreMadeInTheBackgroundAndBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShelf()
		s.hang = true
		c := newCache(s, secret)
		c.Stop() // before Start does nothing
		c.Start()
		for range maxJobs + 10 {
			c.Put(anApp(5))
		}
		if dropped := c.Samples(t.Context())[0].Value; dropped < 9 {
			t.Errorf("%v were dropped", dropped)
		}
		s.mu.Lock()
		s.hang = false
		s.mu.Unlock()
		time.Sleep(time.Second)
		if _, _, ok := c.Find(t.Context(), "1", false); !ok {
			t.Error("nothing was written")
		}
		c.Stop()
		c.Stop()
	})
}

func FuzzRecordsOfOthers(f *testing.F) {
	s := newShelf()
	c := newCache(s, secret)
	c.Put(anApp(5))
	c.written(f)
	good := s.all()["app:1"]
	f.Add([]byte(good))
	f.Add([]byte(`{"sealed":""}`))
	f.Add([]byte(`{"gone":true,"revision":18446744073709551615}`))
	f.Fuzz(func(t *testing.T, value []byte) {
		s := newShelf()
		s.values["app:1"] = string(value)
		c := newCache(s, secret)
		app, _, ok := c.Find(t.Context(), "1", false)
		if ok && !cmp.Equal(app, anApp(5)) {
			t.Errorf("%q is the app %v", value, app)
		}
	})
}
