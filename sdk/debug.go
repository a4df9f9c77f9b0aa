package sdk

import (
	"fmt"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"

	"github.com/jackfield/jackfield/sdk/wire"
)

// debug serves, until a signal, a server that attaches by address. The one
// line on standard output is the address. Who may open the socket may call.
func (p program) debug() int {
	dir, err := os.MkdirTemp("", p.plugin.Name+"-")
	if err != nil {
		return p.status(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "plugin.sock")
	lis, err := net.Listen("unix", path)
	if err != nil {
		return p.status(fmt.Errorf("listen on %s: %w", path, err))
	}
	logger := p.newLogger()
	server := NewServer(p.plugin, logger)
	gs := grpc.NewServer(wire.GRPCServerOptions("", logger)...)
	server.Register(gs)
	grpc_health_v1.RegisterHealthServer(gs, health.NewServer())
	served := make(chan error, 1)
	go func() { served <- gs.Serve(lis) }()

	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, os.Interrupt)
	fmt.Fprintf(p.stderr, "attach a server by its configuration: plugins.%s.address = \"unix://%s\"\n", p.plugin.Name, path)
	fmt.Fprintf(p.stdout, "unix://%s\n", path)
	select {
	case <-signals:
		status := finish(server, logger, true)
		gs.Stop()
		return status
	case err := <-served:
		return p.status(err)
	}
}
