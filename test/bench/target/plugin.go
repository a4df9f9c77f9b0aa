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

// Plugin is a plugin without a server, its cache open.
type Plugin struct {
	*Process
	conn *grpc.ClientConn
	caps []contract.Capability
}

// StartPlugin starts a plugin as for a server that attaches to it, and opens the
// cache driver of its name with the options, a JSON object or nil.
func (b *Bench) StartPlugin(name string, options []byte) (*Plugin, error) {
	process, err := start(b.Server, b.Plugin(name), "serve", "--debug")
	if err != nil {
		return nil, err
	}
	p := &Plugin{Process: process}
	if err := p.open(name, options); err != nil {
		p.Stop()
		return nil, fmt.Errorf("plugin %s: %w", name, err)
	}
	return p, nil
}

func (p *Plugin) open(driver string, options []byte) error {
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
		Kind: contract.KindCache, Driver: driver, Options: options, NodeID: "bench",
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
