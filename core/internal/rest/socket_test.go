package rest

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// listening is the server of f on a real port; opened counts its connections.
func listening(t *testing.T, f *fixture) (srv *httptest.Server, opened *atomic.Int32) {
	t.Helper()
	opened = new(atomic.Int32)
	srv = httptest.NewUnstartedServer(New(f.opts))
	srv.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	srv.Start()
	t.Cleanup(srv.Close)
	return srv, opened
}

func send(t *testing.T, client *http.Client, r *http.Request) (status int, body string) {
	t.Helper()
	resp, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if resp.Close || resp.Header.Get("Connection") != "" {
		t.Errorf("answer %d closes the connection", resp.StatusCode)
	}
	return resp.StatusCode, string(text)
}

func TestOneConnectionServesManyRequests(t *testing.T) {
	f := newFixture()
	f.opts.BodyLimit = 1000
	srv, opened := listening(t, f)
	target := func(method, path, body string) *http.Request {
		r, _ := http.NewRequest(method, srv.URL+signed(method, path, body, nil), strings.NewReader(body))
		return r
	}
	for i := range 50 {
		for _, tt := range []struct {
			r      *http.Request
			status int
		}{
			{target("POST", "/apps/3/events", anEvent), 200},
			{target("GET", "/apps/3/channels", ""), 200},
			{target("POST", "/apps/3/events", "{"), 400},
			{target("POST", "/apps/3/events", strings.Repeat("x", 1001)), 413},
			{target("POST", "/apps/4/events", anEvent), 404},
			{target("DELETE", "/apps/3/events", anEvent), 405},
			{target("GET", "/up", ""), 200},
		} {
			if status, body := send(t, srv.Client(), tt.r); status != tt.status {
				t.Fatalf("round %d: %s %s: %d %s, want %d", i, tt.r.Method, tt.r.URL, status, body, tt.status)
			}
		}
	}
	if got := opened.Load(); got != 1 {
		t.Errorf("%d connections were opened", got)
	}
}

func TestManyCallersAtOnce(t *testing.T) {
	f := newFixture()
	srv, _ := listening(t, f)
	var wg sync.WaitGroup
	for caller := range 8 {
		wg.Go(func() {
			for i := range 50 {
				body := fmt.Sprintf(`{"name":"f","channel":"c%d","data":"%d"}`, caller, i)
				r, _ := http.NewRequest("POST", srv.URL+signed("POST", "/apps/3/events", body, nil), strings.NewReader(body))
				if status, answer := send(t, srv.Client(), r); status != 200 {
					t.Errorf("%d %s", status, answer)
				}
			}
		})
	}
	wg.Wait()
	next := map[string]int{}
	for _, text := range f.published() {
		channel, payload, _ := strings.Cut(text, " ")
		want := fmt.Sprintf(`{"event":"f","channel":%q,"data":"%d"}`, channel, next[channel])
		if payload != want {
			t.Fatalf("got %s, want %s", payload, want)
		}
		next[channel]++
	}
	if len(next) != 8 || next["c0"] != 50 {
		t.Errorf("published %v", next)
	}
}

// A caller that announces a large body and waits is told at once, without being
// asked to send it.
func TestAnnouncedBodyIsNotAskedFor(t *testing.T) {
	f := newFixture()
	srv, _ := listening(t, f)
	conn, err := net.Dial("tcp", srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "POST /apps/3/events?auth_key=x HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999999\r\nExpect: 100-continue\r\n\r\n")
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "HTTP/1.1 413 ") {
		t.Errorf("got %q, %v", line, err)
	}
}
