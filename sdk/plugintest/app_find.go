package plugintest

import (
	"errors"
	"fmt"
	"strings"

	"github.com/jackfield/jackfield/sdk/contract"
)

var appFind = []appCase{
	{name: "an app is found by its id and by its key, with all its fields", run: func(b *appBench) {
		for _, app := range b.apps() {
			b.finds(app)
		}
	}},
	{name: "an unknown id and an unknown key are not found", run: func(b *appBench) {
		b.lacksID(unique("nobody"))
		b.lacksKey(unique("nobody"))
	}},
	{name: "an id is no key and a key is no id", run: func(b *appBench) {
		for _, app := range b.apps() {
			if app.ID != app.Key {
				b.lacksID(app.Key)
				b.lacksKey(app.ID)
			}
		}
	}},
	{name: "ids and keys are compared byte by byte", run: func(b *appBench) {
		app := b.apps()[0]
		for _, twist := range []func(string) string{
			func(s string) string { return strings.ToUpper(s[:1]) + s[1:] },
			func(s string) string { return s + " " },
			func(s string) string { return " " + s },
			func(s string) string { return s[:len(s)-1] },
			func(s string) string { return s[:len(s)-1] + "%" },
			func(s string) string { return s[:len(s)-1] + "_" },
			func(s string) string { return strings.Replace(s, "a", "á", 1) },
			func(s string) string { return s + "\x00" },
		} {
			if id := twist(app.ID); id != app.ID {
				b.lacksID(id)
			}
			if key := twist(app.Key); key != app.Key {
				b.lacksKey(key)
			}
		}
	}},
	{name: "odd ids and keys are not found and do no harm", run: func(b *appBench) {
		for _, odd := range []string{
			"' OR '1'='1", `" OR ""="`, "a;DROP TABLE applications", "../x", "é", "\n", "{}", "*",
			strings.Repeat("x", 10_000),
		} {
			_, err := b.store.FindByID(b.Context(), odd)
			b.absentOrInvalid(odd, err)
			_, err = b.store.FindByKey(b.Context(), odd)
			b.absentOrInvalid(odd, err)
		}
		b.finds(b.apps()[0])
	}},
	{name: "the empty id and the empty key find nothing", run: func(b *appBench) {
		_, err := b.store.FindByID(b.Context(), "")
		b.absentOrInvalid("", err)
		_, err = b.store.FindByKey(b.Context(), "")
		b.absentOrInvalid("", err)
	}},
	{name: "64 callers find every app", run: func(b *appBench) {
		apps := b.apps()
		crowd(64, func(i int) {
			app := apps[i%len(apps)]
			got, err := b.store.FindByKey(b.Context(), app.Key)
			if err == nil {
				err = diffError(appDiff(got, app))
			}
			if err != nil {
				b.Errorf("FindByKey %s: %v", app.Key, err)
			}
		})
	}},
	{name: "a call whose context has ended returns, and never says that an app is unknown", run: func(b *appBench) {
		app := b.apps()[0]
		for what, find := range map[string]func() error{
			"FindByID":  func() error { _, err := b.store.FindByID(over(b.T), app.ID); return err },
			"FindByKey": func() error { _, err := b.store.FindByKey(over(b.T), app.Key); return err },
			"List":      func() error { _, err := b.store.List(over(b.T), "", 10); return err },
		} {
			err := promptly(b.T, what, find)
			wantKnown(b.T, what, err)
			if errors.Is(err, contract.ErrNotFound) {
				b.Fatalf("%s of an existing app says not found because its context has ended", what)
			}
		}
		b.finds(app)
	}},
	{name: "a store that is away is unavailable, and never says that an app is unknown", run: unreachable},
	{name: "an app that cannot be read is invalid, not an app without limits", run: func(b *appBench) {
		if b.cfg.Broken == "" {
			b.Log("left out: the config names no broken app")
			return
		}
		_, err := b.store.FindByID(b.Context(), b.cfg.Broken)
		wantErr(b.T, "FindByID of the broken app", err, contract.ErrInvalid)
	}},
}

func diffError(diff string) error {
	if diff == "" {
		return nil
	}
	return errors.New(diff)
}

func (b *appBench) absentOrInvalid(what string, err error) {
	b.Helper()
	if !errors.Is(err, contract.ErrNotFound) && !errors.Is(err, contract.ErrInvalid) {
		b.Fatalf("%s: got error %v, want not found or invalid", excerpt(fmt.Appendf(nil, "%q", what)), err)
	}
}

func unreachable(b *appBench) {
	if b.cfg.Unreachable == nil {
		b.Log("left out: the config has no way to take the store away")
		return
	}
	store := b.cfg.Unreachable(b.T)
	for what, find := range map[string]func() error{
		"FindByID":  func() error { _, err := store.FindByID(b.Context(), "some"); return err },
		"FindByKey": func() error { _, err := store.FindByKey(b.Context(), "some"); return err },
		"List":      func() error { _, err := store.List(b.Context(), "", 10); return err },
	} {
		wantErr(b.T, what, promptly(b.T, what, find), contract.ErrUnavailable)
	}
}
