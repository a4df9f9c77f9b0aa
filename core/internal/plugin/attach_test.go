package plugin

import (
	"context"
	"encoding/json"
	"net"
	"path/filepath"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"google.golang.org/grpc"

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
	backend := wire.NewServer(wire.ServerOptions{Name: "theirs", Version: "2", Drivers: []wire.Driver{{
		Kind: contract.KindCache, Name: "theirs",
		Open: func(context.Context, json.RawMessage, string) (any, error) { return mapCache{}, nil },
	}}})
	server := grpc.NewServer(wire.GRPCServerOptions("", hclog.NewNullLogger())...)
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
