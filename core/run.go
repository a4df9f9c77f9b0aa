package core

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/jackfield/jackfield/core/config"
)

// Options are what Run needs besides the configuration.
type Options struct {
	Logger hclog.Logger
	// Ready is called once when the server accepts connections; may be nil.
	Ready func(Addresses)
	// Reload gives configurations that were read anew; what is live of one counts
	// soon after it was received. May be nil.
	Reload <-chan *config.Config
}

// Addresses are where a running server listens. Metrics is nil if switched off.
type Addresses struct {
	Main, Metrics net.Addr
}

// Run serves until ctx ends and then stops in order: readiness off and upgrades
// refused, clients closed over the first half of the grace period, what waits
// for the queue handed over, plugins drained. It returns nil after an orderly
// stop, and why it could not start or go on otherwise. The main port is bound
// only after every configured driver is.
func Run(ctx context.Context, cfg *config.Config, opts Options) error {
	s, err := build(ctx, cfg, opts.Logger)
	if err != nil {
		return err
	}
	s.reload.source = opts.Reload
	err = s.serve(ctx, opts.Ready)
	return errors.Join(err, s.stop())
}

// serve listens until ctx ends or a listener fails.
func (s *server) serve(ctx context.Context, ready func(Addresses)) error {
	main, err := s.listen()
	if err != nil {
		return err
	}
	if err := s.webhooks.Start(ctx); err != nil {
		return errors.Join(err, main.Close())
	}
	addrs := Addresses{Main: main.Addr()}
	failed := make(chan error, 2)
	s.start()
	if err := s.joinCluster(ctx); err != nil {
		return errors.Join(err, main.Close())
	}
	s.wg.Go(func() { failed <- s.sockets.Serve(main) })
	if addrs.Metrics, err = s.serveMetrics(); err != nil {
		s.log.Warn("metrics are not served; choose another metrics.port, or set metrics.enabled to false", "err", err)
	}
	if s.cfg.SSL.Enabled && s.cfg.SSL.RedirectHTTP {
		l, err := s.redirect()
		if err != nil {
			return err
		}
		s.wg.Go(func() { _ = s.redirectServer.Serve(l) })
	}
	s.log.Info("ready", "address", addrs.Main.String(), "node", s.node)
	if ready != nil {
		ready(addrs)
	}
	select {
	case <-ctx.Done():
		return nil
	case err := <-failed:
		return fmt.Errorf("main listener: %w", err)
	}
}

// start starts the workers and the clock.
func (s *server) start() {
	s.hub.Start()
	s.events.Start()
	s.startCaches()
	s.sessions.Start()
	ctx, cancel := context.WithCancel(context.Background())
	s.background = cancel
	s.wg.Go(func() { s.apps.Run(ctx) })
	s.wg.Go(func() { s.tick(ctx) })
	s.wg.Go(func() { s.reloads(ctx) })
}

func (s *server) tick(ctx context.Context) {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			s.sessions.Tick()
			s.relieve()
			s.trim()
			s.refreshCertificate()
		case <-ctx.Done():
			return
		}
	}
}

func (s *server) refreshCertificate() {
	if s.certificate == nil {
		return
	}
	if err := s.certificate.refresh(); err != nil {
		s.log.Error("the certificate has changed and cannot be used; the old one stays in use", "err", err)
	}
}

// hard is how long after the grace period the last step of a stop may take.
const hard = 5 * time.Second

// stop ends everything that build and serve began. It always ends: what does
// not finish within the grace period is cut off.
func (s *server) stop() error {
	grace := s.cfg.Server.ShutdownGracePeriod
	ctx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	if s.background != nil {
		s.log.Info("stopping", "connections", s.sessions.Sessions(), "grace_period", grace)
		s.sessions.Drain(ctx, grace/2)
	}
	err := s.sockets.Shutdown(ctx)
	for _, other := range []*http.Server{s.metricsServer, s.redirectServer} {
		if other != nil {
			_ = other.Shutdown(ctx)
		}
	}
	if s.background != nil {
		s.sessions.Stop()
		s.leaveCluster(ctx)
		s.hub.Stop()
		s.events.Stop()
		s.online.Stop()
		err = errors.Join(err, s.stopWebhooks(ctx))
		s.background()
	}
	s.apps.Close()
	s.wg.Wait()
	s.stopCaches()
	last, cancelLast := context.WithTimeout(context.Background(), hard)
	defer cancelLast()
	if s.host != nil {
		err = errors.Join(err, s.host.Stop(last))
	}
	s.log.Info("stopped")
	return err
}
