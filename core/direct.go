package core

import (
	"context"
	"fmt"

	"github.com/hashicorp/go-hclog"

	"github.com/jackfield/jackfield/core/config"
	"github.com/jackfield/jackfield/core/internal/appadmin"
	"github.com/jackfield/jackfield/core/internal/plugin"
	"github.com/jackfield/jackfield/sdk/contract"
)

// AppAdmin is what operators can do with apps; AdminClient does it through a
// running server. AppRotation says how a secret is replaced.
type (
	AppAdmin    = appadmin.Admin
	AppRotation = appadmin.Rotation
)

// OpenApps starts the configured app manager alone, without a server, for an
// operator. Running nodes learn of changes from the store, or when their copies
// are too old. close ends the plugin; it is not nil unless err is.
func OpenApps(ctx context.Context, cfg *config.Config, log hclog.Logger) (admin AppAdmin, close func() error, err error) {
	if servesFile(cfg) {
		return appadmin.New(appadmin.Options{Store: appadmin.Fixed(cfg.Apps), ReadOnly: readOnly}), func() error { return nil }, nil
	}
	opts := hostOptions(cfg, "", log)
	opts.Choices = choicesOf(map[contract.Kind]config.Choice{contract.KindAppManager: cfg.Choices()[contract.KindAppManager]})
	host, err := plugin.Start(ctx, opts)
	if err != nil {
		return nil, nil, fmt.Errorf("start the app manager: %w", err)
	}
	stop := func() error {
		ctx, cancel := context.WithTimeout(context.Background(), hard)
		defer cancel()
		return host.Stop(ctx)
	}
	return appadmin.New(storeOptions(host.AppManager())), stop, nil
}

// LockedPlugin is what the lock file says of one plugin.
type LockedPlugin = plugin.LockEntry

// LockPlugins writes the checksums of the plugins of a configuration, and returns
// the lock file and what it holds. No plugin is executed.
func LockPlugins(cfg *config.Config) (file string, locked []LockedPlugin, err error) {
	return plugin.Lock(hostOptions(cfg, "", nil))
}
