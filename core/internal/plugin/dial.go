package plugin

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/jackfield/jackfield/sdk/wire"
)

// dialChild connects to a child's socket and makes sure that it is the child's.
func (c *child) dialChild(ctx context.Context, _ string) (net.Conn, error) {
	peer := c.shake.peer
	conn, err := new(net.Dialer).DialContext(ctx, peer.network, peer.address)
	if err != nil {
		return nil, err
	}
	if u, ok := conn.(*net.UnixConn); ok {
		if err := checkPeer(u, c.pid()); err != nil {
			conn.Close()
			return nil, err
		}
	}
	return conn, nil
}

// attachTarget is where an attached plugin listens.
type attachTarget struct {
	network, address string
	tls              *tls.Config // nil on a unix socket
}

// parseAddress reads plugins.<name>.address. TCP needs mutual TLS.
func parseAddress(name string, p PluginConfig) (attachTarget, error) {
	if path, ok := strings.CutPrefix(p.Address, "unix://"); ok {
		if p.TLS != nil {
			return attachTarget{}, fmt.Errorf("plugins.%s.tls: a unix socket needs none; remove it", name)
		}
		if len(path) > maxSocketPath {
			return attachTarget{}, fmt.Errorf("plugins.%s.address: the socket's path has %d bytes, at most %d are allowed", name, len(path), maxSocketPath)
		}
		return attachTarget{network: "unix", address: path}, nil
	}
	address := strings.TrimPrefix(p.Address, "tcp://")
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return attachTarget{}, fmt.Errorf("plugins.%s.address: %q is neither unix:///path nor host:port", name, p.Address)
	}
	if p.TLS == nil {
		return attachTarget{}, fmt.Errorf("plugins.%s.address: %q is TCP, which needs mutual TLS; set ca_path, cert_path and key_path of plugins.%s.tls, or use unix:///path", name, p.Address, name)
	}
	config, err := p.TLS.load(host)
	if err != nil {
		return attachTarget{}, fmt.Errorf("plugins.%s.tls: %w", name, err)
	}
	return attachTarget{network: "tcp", address: address, tls: config}, nil
}

func (m *MutualTLS) load(host string) (*tls.Config, error) {
	cert, err := tls.LoadX509KeyPair(m.Cert, m.Key)
	if err != nil {
		return nil, err
	}
	pem, err := os.ReadFile(m.CA)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no certificate", m.CA)
	}
	name := m.ServerName
	if name == "" {
		name = host
	}
	return &tls.Config{Certificates: []tls.Certificate{cert}, RootCAs: roots, ServerName: name, MinVersion: tls.VersionTLS12}, nil
}

// dialAttached makes a connection to a program that somebody else runs.
func dialAttached(t attachTarget) (*grpc.ClientConn, error) {
	transport := insecure.NewCredentials()
	if t.tls != nil {
		transport = credentials.NewTLS(t.tls)
	}
	dial := func(ctx context.Context, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, t.network, t.address)
	}
	return grpc.NewClient("passthrough:///plugin", append(wire.DialOptions(""),
		grpc.WithContextDialer(dial), grpc.WithTransportCredentials(transport))...)
}
