package plugin

import (
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/wire"
)

// mapCache is a cache of somebody else's program.
type mapCache struct{ contract.Cache }

func (mapCache) Get(_ context.Context, key string) ([]byte, error) {
	return []byte("value of " + key), nil
}

// serveAttached serves a cache on a socket until the returned function is called.
func serveAttached(t *testing.T, path string) (stop func()) {
	t.Helper()
	listener, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	return serveOn(t, listener)
}

func serveOn(t *testing.T, listener net.Listener, more ...grpc.ServerOption) (stop func()) {
	t.Helper()
	backend := wire.NewServer(wire.ServerOptions{Name: "theirs", Version: "2", Drivers: []wire.Driver{{
		Kind: contract.KindCache, Name: "theirs",
		Open: func(context.Context, json.RawMessage, string) (any, error) { return mapCache{}, nil },
	}}})
	server := grpc.NewServer(append(more, wire.GRPCServerOptions("", hclog.NewNullLogger())...)...)
	backend.Register(server)
	done := make(chan struct{})
	go func() { defer close(done); _ = server.Serve(listener) }()
	return func() {
		server.Stop()
		<-done
		if err := backend.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestAttachedPluginComesAndGoes(t *testing.T) {
	path := filepath.Join(shortDir(t), "s")
	stop := serveAttached(t, path)
	clock := newHandClock()
	h, err := Start(t.Context(), Options{
		Clock:   clock,
		Plugins: map[string]PluginConfig{"theirs": {Address: "unix://" + path}},
		Choices: map[contract.Kind]Choice{contract.KindCache: {Driver: "theirs"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := get(t, h, "k"); got != "value of k" {
		t.Errorf("got %q", got)
	}
	stop()
	eventually(t, "the fault is noticed", func() bool { return h.Status()[0].State == Backoff })
	stop = serveAttached(t, path)
	eventually(t, "it serves again", func() bool {
		clock.advance(time.Second)
		_, err := h.Cache().Get(t.Context(), "k")
		return err == nil
	})
	stopHost(t, h)
	again, err := Start(t.Context(), Options{
		Plugins: map[string]PluginConfig{"theirs": {Address: "unix://" + path}},
		Choices: map[contract.Kind]Choice{contract.KindCache: {Driver: "theirs"}},
	})
	if err != nil {
		t.Fatalf("a second server: %v", err)
	}
	if got := get(t, again, "k"); got != "value of k" {
		t.Errorf("got %q", got)
	}
	stopHost(t, again)
	stop()
}

func TestPeerMustBeTheChild(t *testing.T) {
	path := filepath.Join(shortDir(t), "s")
	defer serveAttached(t, path)()
	conn, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	const stranger = 1
	if err := checkPeer(conn.(*net.UnixConn), stranger); err == nil {
		t.Error("a stranger's socket was accepted")
	}
}

// selfSigned writes a certificate for localhost that is its own authority.
func selfSigned(t *testing.T) (cert tls.Certificate, files MutualTLS) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(nil, template, template, public, private)
	if err != nil {
		t.Fatal(err)
	}
	key, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	keyPEM := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})
	if cert, err = tls.X509KeyPair(certPEM, keyPEM); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	files = MutualTLS{CA: filepath.Join(dir, "c.pem"), Cert: filepath.Join(dir, "c.pem"), Key: filepath.Join(dir, "k.pem"), ServerName: "localhost"}
	if err := errors.Join(os.WriteFile(files.Cert, certPEM, 0o600), os.WriteFile(files.Key, keyPEM, 0o600)); err != nil {
		t.Fatal(err)
	}
	return cert, files
}

func TestAttachedOverMutualTLS(t *testing.T) {
	cert, files := selfSigned(t)
	clients := x509.NewCertPool()
	clients.AddCert(cert.Leaf)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer serveOn(t, listener, grpc.Creds(credentials.NewTLS(&tls.Config{
		Certificates: []tls.Certificate{cert}, ClientCAs: clients, ClientAuth: tls.RequireAndVerifyClientCert,
	})))()
	h, err := Start(t.Context(), Options{
		Plugins: map[string]PluginConfig{"theirs": {Address: listener.Addr().String(), TLS: &files}},
		Choices: map[contract.Kind]Choice{contract.KindCache: {Driver: "theirs"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := get(t, h, "k"); got != "value of k" {
		t.Errorf("got %q", got)
	}
	stopHost(t, h)
}
