package core

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/jackfield/jackfield/core/config"
	"github.com/jackfield/jackfield/sdk/contract"
)

// reload is the configuration as it is since the last reload. The one that the
// server was built with stays in server.cfg.
type reload struct {
	source  <-chan *config.Config // may be nil
	current atomic.Pointer[config.Config]
}

// apps are those of the configuration now.
func (r *reload) apps() []*contract.App { return r.current.Load().Apps() }

// adopt takes over what is live of a configuration that was read anew, or
// nothing. The clock's goroutine calls it.
func (s *server) adopt(next *config.Config) {
	if s.certificate != nil {
		if err := s.certificate.load(); err != nil {
			s.log.Error("the configuration is not reloaded, nothing has changed", "err", err)
			return
		}
	}
	live, later := s.changes(next)
	s.setLogLevel(next.Logging.Level)
	s.apps.SetDefaults(limitsOf(next))
	if s.servesFile() {
		s.apps.Replace(next.Apps())
	}
	s.reload.current.Store(next)
	s.log.Info("configuration reloaded", "changed", live, "needs_restart", later)
}

// changes are the keys that differ from the last configuration and count now, and
// those that differ from the one that the server was built with and do not.
func (s *server) changes(next *config.Config) (live, later []string) {
	counts := func(d config.Difference) bool {
		return d.Live && (d.Path != appsKey || s.servesFile())
	}
	for _, d := range s.reload.current.Load().Differences(next) {
		if counts(d) {
			live = append(live, d.Path)
		}
	}
	for _, d := range s.cfg.Differences(next) {
		if !counts(d) {
			later = append(later, d.Path)
		}
	}
	return live, later
}

// appsKey is live only while the apps of the file are all there are.
const appsKey = "app_manager.array.apps"

// levelTimeout bounds the wait for plugins that are told another log level.
const levelTimeout = time.Second

func (s *server) setLogLevel(level string) {
	if s.log.GetLevel() == hclog.LevelFromString(level) {
		return
	}
	s.log.SetLevel(hclog.LevelFromString(level))
	if s.host != nil {
		ctx, cancel := context.WithTimeout(context.Background(), levelTimeout)
		defer cancel()
		s.host.AdoptLogLevel(ctx)
	}
}
