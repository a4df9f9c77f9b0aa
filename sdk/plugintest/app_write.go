package plugintest

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/jackfield/jackfield/sdk/contract"
)

var appWrite = []appCase{
	{name: "a created app is found with all its fields and a revision", needs: contract.CapAppWrite, run: func(b *appBench) {
		for _, app := range SampleApps() {
			app = renamed(app)
			stored := b.create(app)
			b.same("Create", stored, app)
			wantSame(b.T, "revision found", b.finds(app).Revision, stored.Revision)
		}
	}},
	{name: "creating an id or a key that exists is a conflict and changes nothing", needs: contract.CapAppWrite, run: createTwice},
	{name: "an update replaces the app and makes its revision grow", needs: contract.CapAppWrite, run: func(b *appBench) {
		stored := b.create(renamed(SampleApps()[0]))
		for _, next := range []*contract.App{SampleApps()[2], SampleApps()[1], SampleApps()[0], SampleApps()[2]} {
			next.ID, next.Key, next.Revision = stored.ID, stored.Key, stored.Revision
			updated := b.update(next)
			if stored.Revision != 0 && updated.Revision <= stored.Revision {
				b.Fatalf("revision %d after revision %d", updated.Revision, stored.Revision)
			}
			next.Revision = updated.Revision
			b.finds(next)
			stored = updated
		}
	}},
	{name: "an update without revision always takes place", needs: contract.CapAppWrite, run: func(b *appBench) {
		stored := b.create(renamed(SampleApps()[1]))
		change := *stored
		change.Enabled, change.Revision = true, 0
		b.update(&change)
		b.finds(&change)
	}},
	{name: "an update of an old revision is a conflict and changes nothing", needs: contract.CapAppWrite, run: oldRevision},
	{name: "of 16 updates of one revision one takes place", needs: contract.CapAppWrite, run: updateRace},
	{name: "an app that gets another key is found under that only", needs: contract.CapAppWrite, run: func(b *appBench) {
		stored := b.create(renamed(SampleApps()[0]))
		change := *stored
		change.Key, change.Revision = unique("other-key-"), 0
		b.update(&change)
		b.finds(&change)
		b.lacksKey(stored.Key)
	}},
	{name: "an update to the key of another app is a conflict and changes nothing", needs: contract.CapAppWrite, run: func(b *appBench) {
		one, two := b.create(renamed(SampleApps()[0])), b.create(renamed(SampleApps()[2]))
		change := *one
		change.Key, change.Revision = two.Key, 0
		_, err := b.writer().Update(b.Context(), &change)
		wantErr(b.T, "Update", err, contract.ErrConflict)
		b.finds(one)
		b.finds(two)
	}},
	{name: "updating or deleting an unknown app is not found", needs: contract.CapAppWrite, run: func(b *appBench) {
		app := renamed(SampleApps()[0])
		_, err := b.writer().Update(b.Context(), app)
		wantErr(b.T, "Update", err, contract.ErrNotFound)
		b.lacksID(app.ID)
		wantErr(b.T, "Delete", b.writer().Delete(b.Context(), app.ID, 0), contract.ErrNotFound)
	}},
	{name: "a deleted app is neither found nor listed", needs: contract.CapAppWrite, run: func(b *appBench) {
		one, two := b.create(renamed(SampleApps()[0])), b.create(renamed(SampleApps()[0]))
		wantNil(b.T, "Delete", b.writer().Delete(b.Context(), one.ID, one.Revision))
		b.lacksID(one.ID)
		b.lacksKey(one.Key)
		listed := b.list(100, func() {})
		if listed[one.ID] != nil || listed[two.ID] == nil {
			b.Fatalf("listed: the deleted app %v, the other %v", listed[one.ID] != nil, listed[two.ID] != nil)
		}
		wantErr(b.T, "second Delete", b.writer().Delete(b.Context(), one.ID, 0), contract.ErrNotFound)
		b.create(one)
	}},
	{name: "the store keeps no hold of an app it was given", needs: contract.CapAppWrite, run: func(b *appBench) {
		app := renamed(SampleApps()[2])
		want := renamed(SampleApps()[2])
		want.ID, want.Key = app.ID, app.Key
		b.create(app)
		app.Secrets[0], app.AllowedOrigins[0] = "clobbered", "clobbered"
		*app.Limits.MaxConnections = 1
		app.Webhooks[0].Headers["X-Team"] = "clobbered"
		clear(app.Extra)
		b.finds(want)
	}},
	{name: "without the ability to write, the calls are refused and change nothing", lacks: contract.CapAppWrite, run: refusesWrites},
}

func (b *appBench) writer() contract.AppWriter {
	b.Helper()
	return ability[contract.AppWriter](&b.bench, b.store, contract.CapAppWrite)
}

// create stores an app, which is deleted at the end of the case.
func (b *appBench) create(app *contract.App) *contract.App {
	b.Helper()
	w := b.writer()
	stored, err := w.Create(b.Context(), app)
	wantNil(b.T, "Create "+app.ID, err)
	ctx := b.Context()
	b.Cleanup(func() { _ = w.Delete(context.WithoutCancel(ctx), app.ID, 0) })
	return stored
}

func (b *appBench) update(app *contract.App) *contract.App {
	b.Helper()
	stored, err := b.writer().Update(b.Context(), app)
	wantNil(b.T, "Update "+app.ID, err)
	return stored
}

func createTwice(b *appBench) {
	one := b.create(renamed(SampleApps()[0]))
	sameID, sameKey := renamed(SampleApps()[2]), renamed(SampleApps()[2])
	sameID.ID, sameKey.Key = one.ID, one.Key
	for what, app := range map[string]*contract.App{"id": sameID, "key": sameKey} {
		_, err := b.writer().Create(b.Context(), app)
		wantErr(b.T, "Create with an existing "+what, err, contract.ErrConflict)
	}
	b.finds(one)
	b.lacksKey(sameID.Key)
	b.lacksID(sameKey.ID)
}

func oldRevision(b *appBench) {
	first := b.create(renamed(SampleApps()[0]))
	if first.Revision == 0 {
		b.Log("left out: the store has no revisions")
		return
	}
	change := *first
	change.Enabled = !first.Enabled
	second := b.update(&change)
	stale := *first
	stale.Secrets = []contract.Secret{"stale"}
	_, err := b.writer().Update(b.Context(), &stale)
	wantErr(b.T, "Update of the old revision", err, contract.ErrConflict)
	err = b.writer().Delete(b.Context(), first.ID, first.Revision)
	wantErr(b.T, "Delete of the old revision", err, contract.ErrConflict)
	b.finds(second)
}

func updateRace(b *appBench) {
	stored := b.create(renamed(SampleApps()[0]))
	if stored.Revision == 0 {
		b.Log("left out: the store has no revisions")
		return
	}
	var winners atomic.Int64
	crowd(16, func(i int) {
		change := *stored
		change.Secrets = []contract.Secret{contract.Secret(fmt.Sprint("secret", i))}
		_, err := b.writer().Update(b.Context(), &change)
		switch {
		case err == nil:
			winners.Add(1)
		case !errors.Is(err, contract.ErrConflict):
			b.Errorf("Update: %v", err)
		}
	})
	wantSame(b.T, "updates that took place", winners.Load(), 1)
}

func refusesWrites(b *appBench) {
	w, ok := refused[contract.AppWriter](&b.bench, b.store, contract.CapAppWrite)
	if !ok {
		return
	}
	app := renamed(SampleApps()[0])
	_, err := w.Create(b.Context(), app)
	wantErr(b.T, "Create", err, contract.ErrUnsupported)
	b.lacksID(app.ID)
	held := b.apps()[0]
	change := *held
	change.Enabled = !held.Enabled
	_, err = w.Update(b.Context(), &change)
	wantErr(b.T, "Update", err, contract.ErrUnsupported)
	wantErr(b.T, "Delete", w.Delete(b.Context(), held.ID, 0), contract.ErrUnsupported)
	b.finds(held)
}
