package appwatch

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/jackfield/jackfield/sdk/contract"
)

// watch begins to watch; ended yields what Watch returns.
func watch(t *testing.T, ctx context.Context, ws *Watchers, changed func(contract.AppChange) error) (ended chan error) {
	t.Helper()
	ended = make(chan error, 1)
	go func() { ended <- ws.Watch(ctx, changed) }()
	synctest.Wait()
	return ended
}

func TestEveryoneHearsWhatIsToldWhileTheyWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ws Watchers
		ws.Tell(contract.AppChange{ID: "before"})
		ctx, stop := context.WithCancel(t.Context())
		var heard [2][]string
		var ended [2]chan error
		for i := range heard {
			ended[i] = watch(t, ctx, &ws, func(c contract.AppChange) error { heard[i] = append(heard[i], c.ID); return nil })
		}
		ws.Tell(contract.AppChange{ID: "a"})
		ws.Tell(contract.AppChange{ID: "b"})
		synctest.Wait()
		if n := ws.Len(); n != 2 {
			t.Errorf("%d watch", n)
		}
		stop()
		for i := range heard {
			if err := <-ended[i]; !errors.Is(err, context.Canceled) || len(heard[i]) != 2 || heard[i][0] != "a" || heard[i][1] != "b" {
				t.Errorf("heard %v, ended with %v", heard[i], err)
			}
		}
		if n := ws.Len(); n != 0 {
			t.Errorf("%d watch at the end", n)
		}
	})
}

func TestAWatcherThatIsTooSlowDoubtsEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ws Watchers
		var heard []string
		gate, enough := make(chan struct{}), errors.New("enough")
		ended := watch(t, t.Context(), &ws, func(c contract.AppChange) error {
			<-gate
			heard = append(heard, c.ID)
			if c.ID == "last" {
				return enough
			}
			return nil
		})
		ws.Tell(contract.AppChange{ID: "first"})
		synctest.Wait() // the watcher is busy with it
		for range MaxPending {
			ws.Tell(contract.AppChange{ID: "a"})
		}
		ws.Tell(contract.AppChange{ID: "last"})
		close(gate)
		if err := <-ended; !errors.Is(err, enough) || len(heard) != 3 || heard[1] != "" {
			t.Errorf("heard %v, ended with %v", heard, err)
		}
	})
}

func TestTheEndIsForThoseWhoWatchAndThoseWhoCome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ws Watchers
		var heard []string
		gate, blind := make(chan struct{}), errors.New("blind")
		ended := watch(t, t.Context(), &ws, func(c contract.AppChange) error { <-gate; heard = append(heard, c.ID); return nil })
		ws.Tell(contract.AppChange{ID: "a"})
		ws.End(blind)
		close(gate)
		if err := <-ended; !errors.Is(err, blind) || len(heard) != 1 {
			t.Errorf("heard %v, ended with %v", heard, err)
		}
		if err := ws.Watch(t.Context(), nil); !errors.Is(err, blind) {
			t.Errorf("watching afterwards: %v", err)
		}
	})
}
