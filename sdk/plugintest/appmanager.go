package plugintest

import (
	"slices"
	"testing"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// AppManagerConfig describes an app manager to its suite.
type AppManagerConfig struct {
	// Open returns the app manager for one case. It holds the apps of Seed.
	Open func(t *testing.T) contract.AppManager
	// Capabilities are what the driver declares; nil: found by type assertion.
	Capabilities []contract.Capability
	// Seed are apps that every opened app manager holds, such as SampleApps. A
	// store that the suite can write (CapAppWrite) needs none.
	Seed []*contract.App
	// Broken, if not "", is the id of an app that is stored and cannot be read.
	Broken string
	// Unreachable, if not nil, returns an app manager whose store is away.
	Unreachable func(t *testing.T) contract.AppManager
	// Advance moves the driver's own clock. Bubble runs every case in a
	// synctest bubble instead. With neither, time passes for real.
	Advance func(d time.Duration)
	Bubble  bool

	clients opener[contract.AppManager] // instead of Open, if not nil
}

// AppManager checks every promise of contract.AppManager, AppWriter and AppWatcher.
func AppManager(t *testing.T, cfg AppManagerConfig) {
	t.Helper()
	cases := slices.Concat(appFind, appList, appWrite, appWatch)
	open := directly(cfg.clients, cfg.Open, cfg.Capabilities)
	play(t, pace{advance: cfg.Advance, bubble: cfg.Bubble}, cases, func(t *testing.T) *appBench {
		m, caps := open(t)
		return &appBench{
			bench: bench{T: t, pace: pace{advance: cfg.Advance, bubble: cfg.Bubble}, caps: caps},
			store: m,
			cfg:   cfg,
		}
	})
}

// appBench is the app manager of one case.
type appBench struct {
	bench
	store contract.AppManager
	cfg   AppManagerConfig
}

type appCase = scenario[*appBench]

// apps returns apps that the store holds: those of the config, else new ones.
func (b *appBench) apps() []*contract.App {
	b.Helper()
	if len(b.cfg.Seed) > 0 {
		return b.cfg.Seed
	}
	if !b.has(contract.CapAppWrite) {
		b.Fatal("the store cannot be written and the config has no Seed: there is no app to find")
	}
	apps := SampleApps()
	for i, a := range apps {
		apps[i] = b.create(renamed(a))
	}
	return apps
}

// renamed returns a copy of an app whose id and key nobody else uses.
func renamed(a *contract.App) *contract.App {
	c := *a
	c.ID, c.Key = unique(a.ID+"-"), unique(a.Key+"-")
	return &c
}

// finds expects an app under its id and its key.
func (b *appBench) finds(want *contract.App) *contract.App {
	b.Helper()
	got, err := b.store.FindByID(b.Context(), want.ID)
	wantNil(b.T, "FindByID "+want.ID, err)
	b.same("FindByID "+want.ID, got, want)
	got, err = b.store.FindByKey(b.Context(), want.Key)
	wantNil(b.T, "FindByKey "+want.Key, err)
	b.same("FindByKey "+want.Key, got, want)
	return got
}

func (b *appBench) lacksID(id string) {
	b.Helper()
	_, err := b.store.FindByID(b.Context(), id)
	wantErr(b.T, "FindByID "+id, err, contract.ErrNotFound)
}

func (b *appBench) lacksKey(key string) {
	b.Helper()
	_, err := b.store.FindByKey(b.Context(), key)
	wantErr(b.T, "FindByKey "+key, err, contract.ErrNotFound)
}

// same fails unless both apps are equal; a revision of 0 equals any.
func (b *appBench) same(what string, got, want *contract.App) {
	b.Helper()
	if diff := appDiff(got, want); diff != "" {
		b.Fatalf("%s: %s", what, diff)
	}
}
