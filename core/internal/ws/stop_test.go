package ws

import (
	"context"
	"net"
	"net/http"
	"testing"

	"github.com/hashicorp/go-hclog"
)

func TestServeAfterShutdownReturns(t *testing.T) {
	s := NewServer(Options{Prefixes: []string{"/app/"}, Handler: &fixture{}, HTTP: http.NotFoundHandler(), Logger: hclog.NewNullLogger()})
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := s.Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	stop := context.AfterFunc(ctx, func() { _ = l.Close() })
	defer stop()
	if err := s.Serve(l); err != nil || ctx.Err() != nil {
		t.Errorf("Serve: %v; waited: %v", err, ctx.Err())
	}
}
