package launch

import (
	"os/exec"
	"syscall"
)

// Configure writes another configuration, with the same ports, which counts from
// the next Restart or Reload.
func (s *Server) Configure(opts Options) error { return s.configure(opts) }

// Reload has the server read its configuration anew, as an operator would, with
// SIGHUP. It returns at once.
func (s *Server) Reload() error { return s.cmd.Process.Signal(syscall.SIGHUP) }

// Command prepares a run of the core's binary with the server's configuration:
// "apps list" and the like.
func (s *Server) Command(args ...string) *exec.Cmd {
	args = append(args, "--config", s.configPath())
	cmd := exec.Command(s.binaries.Core(), args...)
	cmd.Env, cmd.Dir = environment(), s.dir
	return cmd
}
