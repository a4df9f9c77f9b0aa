package core

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/jackfield/jackfield/core/config"
	"github.com/jackfield/jackfield/sdk/contract"
)

// reload is what has become of the configuration since the start. The one that
// the server was built with stays in server.cfg.
type reload struct {
	source <-chan *config.Config // may be nil
	// current has the values of live keys that count.
	current atomic.Pointer[config.Config]
	// Only the goroutine of reloads touches these: the configuration of which the
	// plugins have the options, and these options.
	plugins *config.Config
	options map[contract.Kind]config.Choice
}

// apps are those of the configuration now.
func (r *reload) apps() []*contract.App { return r.current.Load().Apps() }

// reloads takes over configurations until ctx ends.
func (s *server) reloads(ctx context.Context) {
	s.reload.plugins, s.reload.options = s.cfg, s.cfg.Choices()
	for {
		select {
		case next := <-s.reload.source:
			s.adopt(ctx, next)
		case <-ctx.Done():
			return
		}
	}
}

// adopt takes over what can be of a configuration that was read anew, or nothing.
func (s *server) adopt(ctx context.Context, next *config.Config) {
	var err error
	if s.certificate != nil {
		err = s.certificate.load()
	}
	waits := s.swapWaits(next)
	var swapped []string
	if err == nil && !waits {
		swapped, err = s.swapPlugins(ctx, next)
	}
	if err != nil {
		s.log.Error("the configuration is not reloaded, nothing has changed", "err", err)
		return
	}
	changed, later := s.changes(next, waits)
	s.setLogLevel(ctx, next.Logging.Level)
	s.apps.SetDefaults(limitsOf(next))
	if s.servesFile() {
		s.apps.Replace(next.Apps())
	}
	s.reload.current.Store(next)
	if !waits {
		s.reload.plugins = next
	}
	s.log.Info("configuration reloaded", "changed", changed, "swapped_plugins", swapped, "needs_restart", later)
}

// appsKey is live only while the apps of the file are all there are.
const appsKey = "app_manager.array.apps"

// changes are the keys that differ from what counted before and count now, and
// those that differ and do not count before a restart.
func (s *server) changes(next *config.Config, swapWaits bool) (changed, later []string) {
	effect := func(d config.Difference) config.Effect {
		if d.Path == appsKey && !s.servesFile() || d.Effect == config.Swap && swapWaits {
			return config.Restart
		}
		return d.Effect
	}
	collect := func(into *[]string, from *config.Config, declared, real config.Effect) {
		for _, d := range from.Differences(next) {
			if d.Effect == declared && effect(d) == real {
				*into = append(*into, d.Path)
			}
		}
	}
	collect(&changed, s.reload.current.Load(), config.Live, config.Live)
	collect(&changed, s.reload.plugins, config.Swap, config.Swap)
	collect(&later, s.cfg, config.Restart, config.Restart)
	collect(&later, s.cfg, config.Live, config.Restart)
	collect(&later, s.reload.plugins, config.Swap, config.Restart)
	return changed, later
}

// levelTimeout bounds the wait for plugins that are told another log level.
const levelTimeout = time.Second

func (s *server) setLogLevel(ctx context.Context, level string) {
	if s.log.GetLevel() == hclog.LevelFromString(level) {
		return
	}
	s.log.SetLevel(hclog.LevelFromString(level))
	if s.host != nil {
		ctx, cancel := context.WithTimeout(ctx, levelTimeout)
		defer cancel()
		s.host.AdoptLogLevel(ctx)
	}
}
