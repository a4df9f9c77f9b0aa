package rest

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/jackfield/jackfield/core/internal/hub"
)

// nobody takes messages for channels without subscribers.
type nobody struct{ fakeHub }

func (*nobody) Publish(context.Context, string, []hub.Message) error { return nil }

// bin is a response that is thrown away.
type bin struct {
	header http.Header
	status int
}

func (b *bin) Header() http.Header         { return b.header }
func (b *bin) WriteHeader(status int)      { b.status = status }
func (b *bin) Write(p []byte) (int, error) { return len(p), nil }

// rewindable is a body that can be read again.
type rewindable struct{ strings.Reader }

func (*rewindable) Close() error { return nil }

func publishing(body string) func() int {
	f := newFixture()
	f.opts.Publisher = &nobody{}
	server := New(f.opts)
	r := request("POST", signed("POST", "/apps/3/events", body, nil), body)
	source := &rewindable{}
	r.Body = source
	w := &bin{header: http.Header{}}
	return func() int {
		source.Reset(body)
		clear(w.header)
		server.ServeHTTP(w, r)
		return w.status
	}
}

func BenchmarkPublish(b *testing.B) {
	publish := publishing(`{"name":"order-shipped","channels":["private-orders-17"],"data":"{\"id\":17,\"state\":\"shipped\",\"by\":\"ann\"}"}`)
	b.ReportAllocs()
	for b.Loop() {
		if status := publish(); status != 200 {
			b.Fatal(status)
		}
	}
}

// What one publish costs in memory must not grow unseen.
func TestPublishAllocatesLittle(t *testing.T) {
	publish := publishing(anEvent)
	const most = 12
	if got := testing.AllocsPerRun(200, func() { publish() }); got > most {
		t.Errorf("%v allocations per publish, want at most %d", got, most)
	}
}
