package faults

import (
	"errors"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/jackfield/jackfield/test/launch"
)

// Clients that do not read are closed with 4100 and counted; everybody else gets
// every message.
func TestSlowClientsAreClosedAndOthersGetEverything(t *testing.T) {
	s := built.Start(t, launch.Options{Config: map[string]any{"websocket": map[string]any{"max_bytes": 256 << 10}}})
	const clients, slow, messages = 50, 4, 800
	readers, err := crowd(s.Port, "app-key", "room", clients)
	if err != nil {
		t.Fatal(err)
	}
	idle, err := crowd(s.Port, "app-key", "room", slow)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for _, c := range readers {
		wg.Go(func() {
			for want := range messages {
				e, err := c.next()
				number, _, _ := strings.Cut(e.Data, " ")
				if err != nil || number != strconv.Itoa(want) {
					t.Errorf("got %.20q, %v; want message %d", e.Data, err, want)
					return
				}
			}
		})
	}
	publishUntilTaken(t, newAPI(s.URL(), "app-id", "app-key", "app-secret"), messages, strings.Repeat("x", 8<<10))
	wg.Wait()
	for _, c := range idle {
		wantFarewell(t, c)
	}
	if n := metric(t, s, "sockudo_slow_consumers_closed_total", ""); n != slow {
		t.Errorf("%v slow clients counted, want %d", n, slow)
	}
}

// publishUntilTaken publishes n messages, repeating those that find no room.
func publishUntilTaken(t *testing.T, a *api, n int, padding string) {
	t.Helper()
	for i := 0; i < n; {
		status, err := a.publish("room", "m", strconv.Itoa(i)+" "+padding)
		switch {
		case err != nil || status != 200 && status != 503:
			t.Fatalf("publish %d: %d %v", i, status, err)
		case status == 200:
			i++
		}
	}
}

// wantFarewell reads what was parked for a client up to its close.
func wantFarewell(t *testing.T, c *client) {
	t.Helper()
	last := event{}
	for {
		e, err := c.next()
		if err != nil {
			if code, ok := errors.AsType[closed](err); ok && code.code == 4100 && last.Event == "pusher:error" {
				return
			}
			// The linger time may be over before the client begins to read.
			if ok := strings.Contains(err.Error(), "reset") || strings.Contains(err.Error(), "EOF"); !ok {
				t.Errorf("slow client ended with %v after %s", err, last.Event)
			}
			return
		}
		last = e
	}
}
