package plugin

import (
	"context"
	"errors"

	"google.golang.org/grpc"

	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/wire"
)

// appManager is the app manager behind the plugin, whichever process it is in.
type appManager struct {
	slot *slot[*wire.AppManager]
}

var (
	_ contract.AppManager = (*appManager)(nil)
	_ contract.AppWriter  = (*appManager)(nil)
	_ contract.AppWatcher = (*appManager)(nil)
)

func newAppManager(driver string, o *Options) *appManager {
	return &appManager{slot: newSlot(contract.KindAppManager, driver, appTimeout, o,
		func(cc grpc.ClientConnInterface, caps []contract.Capability) (*wire.AppManager, func() error) {
			c := wire.NewAppManager(cc, wire.ClientOptions{Capabilities: caps, Timeout: appTimeout})
			return c, c.Close
		})}
}

func (a *appManager) FindByID(ctx context.Context, id string) (*contract.App, error) {
	return do(ctx, a.slot, method{id: methodFindByID, repeatable: true},
		func(ctx context.Context, c *wire.AppManager) (*contract.App, error) { return c.FindByID(ctx, id) })
}

func (a *appManager) FindByKey(ctx context.Context, key string) (*contract.App, error) {
	return do(ctx, a.slot, method{id: methodFindByKey, repeatable: true},
		func(ctx context.Context, c *wire.AppManager) (*contract.App, error) { return c.FindByKey(ctx, key) })
}

func (a *appManager) List(ctx context.Context, pageToken string, limit int) (contract.AppPage, error) {
	return do(ctx, a.slot, method{id: methodList, repeatable: true},
		func(ctx context.Context, c *wire.AppManager) (contract.AppPage, error) {
			return c.List(ctx, pageToken, limit)
		})
}

func (a *appManager) Create(ctx context.Context, app *contract.App) (*contract.App, error) {
	return do(ctx, a.slot, method{id: methodCreate},
		func(ctx context.Context, c *wire.AppManager) (*contract.App, error) { return c.Create(ctx, app) })
}

func (a *appManager) Update(ctx context.Context, app *contract.App) (*contract.App, error) {
	return do(ctx, a.slot, method{id: methodUpdate},
		func(ctx context.Context, c *wire.AppManager) (*contract.App, error) { return c.Update(ctx, app) })
}

func (a *appManager) Delete(ctx context.Context, id string, revision uint64) error {
	_, err := do(ctx, a.slot, method{id: methodDeleteApp},
		func(ctx context.Context, c *wire.AppManager) (struct{}, error) {
			return struct{}{}, c.Delete(ctx, id, revision)
		})
	return err
}

// Watch goes on over restarts of the plugin. After each it reports a change
// with an empty ID, for some may have been missed. It returns when ctx ends,
// when changed fails, or with ErrUnsupported.
func (a *appManager) Watch(ctx context.Context, changed func(contract.AppChange) error) error {
	var refusal error
	report := func(c contract.AppChange) error {
		refusal = changed(c)
		return refusal
	}
	for again := false; ; again = true {
		b, err := a.slot.after(ctx, nil)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			return err
		}
		if again && report(contract.AppChange{}) != nil {
			return refusal
		}
		err = b.client.Watch(ctx, report)
		switch {
		case refusal != nil:
			return refusal
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, contract.ErrUnsupported):
			return err
		}
		a.slot.pause(ctx, b)
	}
}
