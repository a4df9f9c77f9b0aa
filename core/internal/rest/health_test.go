package rest

import (
	"context"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackfield/jackfield/core/internal/apps"
)

func failing(context.Context) error { return errors.New("away") }
func passing(context.Context) error { return nil }

// hanging answers only because it must return when ctx ends.
func hanging(ctx context.Context) error {
	<-ctx.Done()
	return nil
}

func TestUp(t *testing.T) {
	tests := []struct {
		name     string
		checks   []Check
		draining bool
		status   int
		word     string
		body     string
	}{
		{"no checks", nil, false, 200, "OK", "OK"},
		{"all well", []Check{{"adapter", true, passing}}, false, 200, "OK", "OK"},
		{"something less important", []Check{{"adapter", true, passing}, {"queue", false, failing}}, false, 200, "DEGRADED", "DEGRADED\nqueue"},
		{"something important", []Check{{"adapter", true, failing}, {"queue", false, failing}}, false, 503, "ERROR", "ERROR\nadapter\nqueue"},
		{"no answer in time", []Check{{"cache", true, hanging}}, false, 503, "ERROR", "ERROR\ncache"},
		{"draining", []Check{{"adapter", true, failing}}, true, 503, "DRAINING", "DRAINING"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFixture()
				f.opts.Checks = tt.checks
				f.opts.Draining = func() bool { return tt.draining }
				for _, path := range []string{"/up", "/ready", "/up/3"} {
					w := f.do(request("GET", path, ""))
					checkAnswer(t, w, tt.status, tt.body)
					checkWord(t, w, tt.word)
				}
				w := f.do(request("HEAD", "/live", ""))
				checkAnswer(t, w, 200, "OK")
				checkWord(t, w, "OK")
			})
		})
	}
}

func checkWord(t *testing.T, w *httptest.ResponseRecorder, word string) {
	t.Helper()
	if got := w.Header().Get("X-Health-Check"); got != word {
		t.Errorf("X-Health-Check %q, want %q", got, word)
	}
}

func TestChecksRunAtTheSameTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture()
		slow := func(ctx context.Context) error {
			select {
			case <-time.After(900 * time.Millisecond):
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		f.opts.CheckTimeout = time.Second
		for _, name := range []string{"a", "b", "c"} {
			f.opts.Checks = append(f.opts.Checks, Check{name, true, slow})
		}
		checkAnswer(t, f.do(request("GET", "/up", "")), 200, "OK")
	})
}

func TestUpForAnApp(t *testing.T) {
	f := newFixture()
	checkWord(t, f.do(request("GET", "/up/3", "")), "OK")
	w := f.do(request("GET", "/up/4", ""))
	checkAnswer(t, w, 404, "NOT_FOUND")
	checkWord(t, w, "NOT_FOUND")
	w = f.do(request("GET", "/up/off", ""))
	checkAnswer(t, w, 503, "")
	checkWord(t, w, "ERROR")
	f.opts.Apps = oneError{apps.ErrUnavailable}
	w = f.do(request("GET", "/up/3", ""))
	checkAnswer(t, w, 503, "")
	checkWord(t, w, "ERROR")
}

func TestUsage(t *testing.T) {
	f := newFixture()
	f.opts.Usage = true
	w := f.do(request("GET", "/usage", ""))
	checkAnswer(t, w, 200, "")
	var got map[string]map[string]float64
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	m := got["memory"]
	if len(m) != 4 || m["used"] < 1<<20 || m["total"] < m["used"] || m["free"] != m["total"]-m["used"] || m["percent"] <= 0 || m["percent"] > 100 {
		t.Errorf("got %s", w.Body)
	}
}

func TestMemoryOfAnUnknownMachine(t *testing.T) {
	if got, want := memoryOf(5, 0), (memory{Used: 5, Total: 5, Percent: 100}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got, want := memoryOf(0, 0), (memory{}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
