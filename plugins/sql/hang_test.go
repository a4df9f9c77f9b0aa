package main

import (
	"context"
	"errors"
	"testing"

	"github.com/hashicorp/go-hclog"

	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/plugintest"
)

// TestAServerThatHangsAtTheEndOfATransactionIsNotWaitedForForEver: a commit and a
// roll-back are answered by the server too.
func TestAServerThatHangsAtTheEndOfATransactionIsNotWaitedForForEver(t *testing.T) {
	onBoth(t, func(t *testing.T, p product) {
		server := p.start(t)
		m := mustOpen(t, p, optionsFor(server, server.Database(t)))
		t.Cleanup(server.Resume) // before m is closed
		for name, outcome := range map[string]error{"commit": nil, "roll back": contract.ErrConflict} {
			ended := make(chan error, 1)
			go func() {
				ctx, cancel := context.WithTimeout(context.Background(), callTimeout)
				defer cancel()
				ended <- m.db.transact(ctx, func(s session) error {
					_, err := s.query(ctx, m.say.count)
					server.Pause()
					return errors.Join(err, outcome)
				})
			}()
			plugintest.Until(t, "the end: "+name, func() bool { return len(ended) > 0 })
			if err := <-ended; err == nil {
				t.Errorf("%s: nobody answered, and it succeeded", name)
			}
			server.Resume()
			plugintest.Until(t, "the server to answer", func() bool {
				ctx, cancel := context.WithTimeout(t.Context(), callTimeout)
				defer cancel()
				return m.Health(ctx) == nil
			})
		}
	})
}

// deafUnlock is a database that does not answer when the lock is given back.
type deafUnlock struct{ database }

func (deafUnlock) unlock(ctx context.Context, _ session, _ string) error {
	<-ctx.Done()
	return ctx.Err()
}

func TestALockThatCannotBeGivenBackHoldsNobodyUp(t *testing.T) {
	onBoth(t, func(t *testing.T, p product) {
		m, _ := fresh(t, p)
		s := schema{db: deafUnlock{m.db}, log: hclog.NewNullLogger()}
		ended := make(chan error, 1)
		go func() {
			ended <- m.db.alone(t.Context(), func(in session) error {
				_, err := s.complete(t.Context(), in, m.table)
				return err
			})
		}()
		plugintest.Until(t, "the schema", func() bool { return len(ended) > 0 })
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}
