package core

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"github.com/jackfield/jackfield/core/config"
	"github.com/jackfield/jackfield/core/internal/appadmin"
	"github.com/jackfield/jackfield/sdk/contract"
)

// servesFile is whether the apps of the configuration are all there are.
func (s *server) servesFile() bool { return servesFile(s.cfg) }

func servesFile(cfg *config.Config) bool { return appDriver(cfg) == "memory" }

func appDriver(cfg *config.Config) string { return cfg.Choices()[contract.KindAppManager].Driver }

// readOnly is what operators are told who want to change apps of the file.
const readOnly = "app_manager.driver is memory, so the apps are those of the configuration file; " +
	"change them there and send the server SIGHUP"

// appAdmin is what operators can do with the apps of a running server.
func (s *server) appAdmin() appadmin.Admin {
	if s.servesFile() {
		return appadmin.New(appadmin.Options{Store: appadmin.Fixed(s.reload.apps), ReadOnly: readOnly})
	}
	opts := storeOptions(s.host.AppManager())
	opts.Learned, opts.Lost = s.apps.Learn, s.apps.Lose
	return appadmin.New(opts)
}

func storeOptions(store contract.AppManager) appadmin.Options {
	opts := appadmin.Options{Store: store, ReadOnly: "the driver of app_manager cannot change apps"}
	opts.Writer, _ = store.(contract.AppWriter)
	return opts
}

// registerInline adds the apps of the configuration to a store that does not
// have them, if that is asked for. It never changes an app that is there.
func (s *server) registerInline(ctx context.Context) error {
	if s.servesFile() || len(s.cfg.Apps()) == 0 {
		return nil
	}
	if register := s.cfg.AppManager.RegisterInline; register == nil || !*register {
		s.log.Warn("the apps of the configuration are ignored, for the driver has its own; app_manager.register_inline adds them there",
			"app_manager.driver", appDriver(s.cfg), "apps", len(s.cfg.Apps()))
		return nil
	}
	store := s.host.AppManager()
	writer, ok := store.(contract.AppWriter)
	if !ok {
		return s.cannotRegister(contract.ErrUnsupported)
	}
	for _, app := range s.cfg.Apps() {
		if err := s.register(ctx, store, writer, app); err != nil {
			return s.cannotRegister(err)
		}
	}
	return nil
}

func (s *server) cannotRegister(err error) error {
	if errors.Is(err, contract.ErrUnsupported) {
		return fmt.Errorf("app_manager.register_inline is true, but driver %q cannot store apps; leave it out, or set it to false: %w", appDriver(s.cfg), err)
	}
	return fmt.Errorf("app_manager.register_inline: %w", err)
}

// register adds one app.
func (s *server) register(ctx context.Context, store contract.AppManager, writer contract.AppWriter, app *contract.App) error {
	stored, err := store.FindByID(ctx, app.ID)
	if errors.Is(err, contract.ErrNotFound) {
		_, err = writer.Create(ctx, app)
		if err == nil {
			s.log.Info("added an app of the configuration to the store", "app", app.ID)
			return nil
		}
		if errors.Is(err, contract.ErrConflict) { // another node was quicker, or another app has the key
			stored, err = store.FindByID(ctx, app.ID)
		}
	}
	switch {
	case errors.Is(err, contract.ErrNotFound):
		s.log.Error("an app of the configuration is not added: another app in the store has its key", "app", app.ID)
		return nil
	case err != nil:
		return err
	}
	wanted := *app
	wanted.Revision = stored.Revision
	if !reflect.DeepEqual(&wanted, stored) {
		s.log.Warn("an app of the configuration is in the store already and differs; the store's counts", "app", app.ID)
	}
	return nil
}
