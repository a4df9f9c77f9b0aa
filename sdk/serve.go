package sdk

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"github.com/jackfield/jackfield/sdk/wire"
)

// A plugin whose server is gone drains, closes its drivers, and has exited
// after five seconds, whatever its drivers do.
const (
	drainTime = 3500 * time.Millisecond
	exitTime  = 4500 * time.Millisecond
)

// serve answers the server that started the program.
func (p program) serve() int {
	logger := p.newLogger()
	line, err := grabLifeline()
	if err != nil {
		return p.status(err)
	}
	end, token := notifyEnd(line, logger), ""
	if line != nil {
		token = line.token
	}
	server := NewServer(p.plugin, logger)
	served := make(chan struct{})
	go func() {
		defer close(served)
		plugin.Serve(p.serveConfig(server, token, logger))
	}()
	select {
	case <-end:
		return finish(server, logger, true)
	case <-served:
		return finish(server, logger, false)
	}
}

// notifyEnd returns a channel that is closed when the program is to end: when
// the lifeline does, or, without one, at a signal. A lifeline outranks signals:
// the server may still need the plugin while it winds down itself.
func notifyEnd(line *lifeline, logger hclog.Logger) <-chan struct{} {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, os.Interrupt)
	if line == nil {
		return onSignal(signals)
	}
	go func() {
		for s := range signals {
			logger.Debug("signal ignored: the server decides when the plugin ends", "signal", s.String())
		}
	}()
	return line.ended
}

func onSignal(signals <-chan os.Signal) <-chan struct{} {
	end := make(chan struct{})
	go func() {
		<-signals
		close(end)
	}()
	return end
}

// finish drains if asked, closes the drivers and returns the exit status.
func finish(server *wire.Server, logger hclog.Logger, drain bool) int {
	time.AfterFunc(exitTime, func() {
		logger.Warn("exiting although a driver has not finished")
		os.Exit(1)
	})
	if drain {
		ctx, cancel := context.WithTimeout(context.Background(), drainTime)
		defer cancel()
		if !server.Drain(ctx) {
			logger.Warn("not everything under way was finished in time")
		}
	}
	if err := server.Close(); err != nil {
		logger.Error("drivers were not closed well", "err", err)
		return 1
	}
	return 0
}

// serveConfig is go-plugin's. go-plugin prints the handshake to os.Stdout and
// then replaces os.Stdout and os.Stderr by pipes that nobody reads; so os.Stdout
// is real only just before, and both are put right at the first call.
func (p program) serveConfig(server *wire.Server, token string, logger hclog.Logger) *plugin.ServeConfig {
	return &plugin.ServeConfig{
		HandshakeConfig:  plugin.HandshakeConfig(wire.Handshake),
		VersionedPlugins: map[int]plugin.PluginSet{wire.ProtocolMajor: {wire.PluginName: grpcPlugin{server: server}}},
		Logger:           logger,
		GRPCServer: func(opts []grpc.ServerOption) *grpc.Server {
			os.Stdout = p.stdout
			once := sync.OnceFunc(func() { os.Stdout, os.Stderr = p.stderr, p.stderr })
			opts = append(opts, grpc.ChainUnaryInterceptor(func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
				once()
				return next(ctx, req)
			}))
			return grpc.NewServer(append(opts, wire.GRPCServerOptions(token, logger)...)...)
		},
	}
}

// grpcPlugin is the plugin as go-plugin knows it.
type grpcPlugin struct {
	plugin.NetRPCUnsupportedPlugin
	server *wire.Server
}

// GRPCServer registers the plugin's services.
func (g grpcPlugin) GRPCServer(_ *plugin.GRPCBroker, s *grpc.Server) error {
	g.server.Register(s)
	return nil
}

// GRPCClient is for servers; this is the plugin's side.
func (g grpcPlugin) GRPCClient(context.Context, *plugin.GRPCBroker, *grpc.ClientConn) (any, error) {
	return nil, errors.New("a plugin is no client of itself")
}
