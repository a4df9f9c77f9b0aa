package plugintest

import (
	"context"
	"encoding/json"
	"net"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/wire"
)

// OverGRPC runs a suite on clients of the driver which its Open returns: every
// case serves the driver on an in-memory connection, as a plugin does.
func OverGRPC(t *testing.T, s Suite) {
	t.Helper()
	s.over(serve).run(t)
}

// serve is a linker over an in-memory connection, which ends with the case.
func serve(t *testing.T, kind contract.Kind, driver any) remote {
	t.Helper()
	const token = "the token of the case"
	server := wire.NewServer(wire.ServerOptions{Name: "in-memory", Drivers: []wire.Driver{{
		Kind: kind, Name: "driver",
		Open: func(context.Context, json.RawMessage, string) (any, error) { return driver, nil },
	}}})
	t.Cleanup(func() { _ = server.Close() })
	grpcServer := grpc.NewServer(wire.GRPCServerOptions(token, nil)...)
	server.Register(grpcServer)
	listener := bufconn.Listen(1 << 20)
	served := make(chan error, 1)
	go func() { served <- grpcServer.Serve(listener) }()
	t.Cleanup(func() { grpcServer.Stop(); <-served })
	cc := dial(t, token, func(ctx context.Context) (net.Conn, error) { return listener.DialContext(ctx) })
	caps, err := wire.NewLifecycle(cc).Configure(t.Context(), wire.Configuration{Kind: kind, Driver: "driver"})
	wantNil(t, "Configure", err)
	return remote{cc: cc, caps: caps}
}

// dial returns a connection that is closed at the end of the test.
func dial(t *testing.T, token string, connect func(context.Context) (net.Conn, error)) *grpc.ClientConn {
	t.Helper()
	opts := append(wire.DialOptions(token),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return connect(ctx) }),
	)
	cc, err := grpc.NewClient("passthrough:///plugin", opts...)
	wantNil(t, "connect", err)
	t.Cleanup(func() { _ = cc.Close() })
	return cc
}
