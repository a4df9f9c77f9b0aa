package core

import (
	"sync/atomic"

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
	var live, later []string
	for _, d := range s.reload.current.Load().Differences(next) {
		if d.Live && (d.Path != "app_manager.array.apps" || s.servesFile()) {
			live = append(live, d.Path)
		}
	}
	for _, d := range s.cfg.Differences(next) {
		if !d.Live || d.Path == "app_manager.array.apps" && !s.servesFile() {
			later = append(later, d.Path)
		}
	}
	s.log.SetLevel(hclog.LevelFromString(next.Logging.Level))
	s.apps.SetDefaults(limitsOf(next))
	if s.servesFile() {
		s.apps.Replace(next.Apps())
	}
	s.reload.current.Store(next)
	s.log.Info("configuration reloaded", "changed", live, "needs_restart", later)
}
