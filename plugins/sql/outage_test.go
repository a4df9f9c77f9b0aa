package main

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/plugintest"
)

// load asks for an app that exists, all the time, from several goroutines.
type load struct {
	found, failed atomic.Int64
	wrong         atomic.Pointer[error]
	slowest       atomic.Int64
	stop          context.CancelFunc
	group         sync.WaitGroup
}

// callers each wait at most callDeadline for an answer, as a server does.
const (
	callers      = 16
	callDeadline = 2 * time.Second
)

func startLoad(t *testing.T, m *appManager, key string) *load {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	l := &load{stop: stop}
	for range callers {
		l.group.Go(func() {
			for ctx.Err() == nil {
				l.ask(m, key)
			}
		})
	}
	t.Cleanup(l.end)
	return l
}

func (l *load) ask(m *appManager, key string) {
	ctx, cancel := context.WithTimeout(context.Background(), callDeadline)
	defer cancel()
	began := time.Now()
	_, err := m.FindByKey(ctx, key)
	l.slowest.Store(max(l.slowest.Load(), int64(time.Since(began))))
	switch {
	case err == nil:
		l.found.Add(1)
	case errors.Is(err, contract.ErrUnavailable), errors.Is(err, contract.ErrTimeout), errors.Is(err, contract.ErrOverloaded):
		l.failed.Add(1)
		select {
		case <-time.After(5 * time.Millisecond): // a refused connection costs nothing
		case <-ctx.Done():
		}
	default:
		l.wrong.Store(&err)
	}
}

func (l *load) end() {
	l.stop()
	l.group.Wait()
}

// works waits until calls succeed again, with nobody failing.
func (l *load) works(t *testing.T) {
	t.Helper()
	plugintest.Until(t, "the apps to be found again", func() bool {
		failed, found := l.failed.Load(), l.found.Load()
		deadline := time.After(500 * time.Millisecond)
		<-deadline
		return l.failed.Load() == failed && l.found.Load() > found
	})
	if wrong := l.wrong.Load(); wrong != nil {
		t.Errorf("an outage must be unavailable, overloaded or a timeout, not: %v", *wrong)
	}
}

func TestAnOutageUnderLoadIsNeverAnUnknownAppAndEndsByItself(t *testing.T) {
	onBoth(t, func(t *testing.T, p product) {
		server := p.start(t)
		m := mustOpen(t, p, optionsFor(server, server.Database(t)))
		if _, err := m.Create(t.Context(), app("a")); err != nil {
			t.Fatal(err)
		}
		l := startLoad(t, m, "key-a")
		heard := watch(t, m)
		outages := []struct {
			name       string
			begin, end func()
		}{
			{"restart", func() {}, server.Restart},
			{"kill -9", server.Kill, server.Restart},
			{"SIGSTOP", server.Pause, server.Resume},
		}
		for _, outage := range outages {
			l.works(t)
			heard.forget()
			before := l.failed.Load()
			outage.begin()
			if outage.name != "restart" {
				plugintest.Until(t, "the outage to be felt: "+outage.name, func() bool { return l.failed.Load() > before+callers })
				ctx, cancel := context.WithTimeout(t.Context(), callDeadline)
				if err := m.Health(ctx); err == nil {
					t.Errorf("%s: Health sees nothing", outage.name)
				}
				cancel()
			}
			outage.end()
			l.works(t)
			if p.driver == "mysql" || outage.name == "SIGSTOP" {
				continue // who looks again sees what has changed, and a session that only waited has missed nothing
			}
			plugintest.Until(t, "watchers to doubt everything after "+outage.name, func() bool { return heard.told("") })
		}
		plugintest.Until(t, "the look-out to stand", m.figures.standing.Load)
		if err := m.Delete(t.Context(), "a", 0); err != nil {
			t.Fatal(err)
		}
		plugintest.Until(t, "a change after the outages", func() bool { return heard.deleted("a") })
		if err := m.Health(t.Context()); err != nil {
			t.Errorf("health: %v", err)
		}
		t.Logf("%d found, %d failed, slowest %v", l.found.Load(), l.failed.Load(), time.Duration(l.slowest.Load()))
	})
}
