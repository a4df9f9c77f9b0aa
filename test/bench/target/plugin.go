//go:build linux

package target

import (
	"context"
	"fmt"
	"net"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/wire"
)

// Plugin is the memory plugin without a server, its cache open.
type Plugin struct {
	*Process
	conn *grpc.ClientConn
	caps []contract.Capability
}

// StartPlugin starts the plugin as for a server that attaches to it.
func (b *Bench) StartPlugin() (*Plugin, error) {
	process, err := start(b.Server, b.Plugin("memory"), "serve", "--debug")
	if err != nil {
		return nil, err
	}
	p := &Plugin{Process: process}
	if err := p.open(); err != nil {
		p.Stop()
		return nil, fmt.Errorf("plugin memory: %w", err)
	}
	return p, nil
}

func (p *Plugin) open() error {
	line, err := p.line()
	if err != nil {
		return err
	}
	path := strings.TrimPrefix(line, "unix://")
	dial := func(ctx context.Context, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", path)
	}
	p.conn, err = grpc.NewClient("passthrough:///plugin", append(wire.DialOptions(""),
		grpc.WithContextDialer(dial), grpc.WithTransportCredentials(insecure.NewCredentials()))...)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	p.caps, err = wire.NewLifecycle(p.conn).Configure(ctx, wire.Configuration{
		Kind: contract.KindCache, Driver: "memory", NodeID: "bench",
	})
	return err
}

// Cache returns a client whose operations travel in the mode; it must be closed.
func (p *Plugin) Cache(mode wire.Mode) *wire.Cache {
	return wire.NewCache(p.conn, wire.ClientOptions{Capabilities: p.caps, Mode: mode, Timeout: 10 * time.Second})
}

// Stop ends the connection and the plugin.
func (p *Plugin) Stop() {
	if p.conn != nil {
		_ = p.conn.Close()
	}
	p.Process.Stop()
}
