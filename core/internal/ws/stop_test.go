package ws

import (
	"context"
	"net"
	"net/http"
	"runtime"
	"testing"
	"time"

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

// Who has not said yet what it wants is cut off, and is no request under way for
// which an end in good order would wait.
func TestWhoHasSaidNothingHoldsNoEndUp(t *testing.T) {
	const waiting = 64
	f := serve(t, nil)
	for range waiting {
		nc, err := net.Dial("tcp", f.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer nc.Close()
	}
	accepted := func() int {
		f.mu.Lock()
		defer f.mu.Unlock()
		return len(f.pending)
	}
	for end := time.Now().Add(patience); accepted() < waiting; runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatalf("%d connections were accepted", accepted())
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := f.Shutdown(ctx); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
}
