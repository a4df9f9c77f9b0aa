package faults

import (
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackfield/jackfield/test/launch"
)

// Clients notice nothing of a plugin that dies: no connection closes, no message
// is lost, new clients connect while it is away, and it comes back.
func TestKillingThePluginDisturbsNoClient(t *testing.T) {
	s := built.Start(t, launch.Options{})
	const (
		clients  = 1000
		messages = 150
		pace     = time.Second / 50
		killAt   = 30
	)
	all, err := crowd(s.Port, "app-key", "room", clients)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	var received atomic.Int64
	for _, c := range all {
		wg.Go(func() {
			if err := readInOrder(c, messages, &received); err != nil {
				t.Error(err)
			}
		})
	}
	before := children(s.PID())
	if len(before) != 1 {
		t.Fatalf("the server has children %v, want the memory plugin alone", before)
	}
	back := publishPaced(t, s, messages, pace, func(i int) {
		if i == killAt {
			_ = syscall.Kill(before[0], syscall.SIGKILL)
			late, err := dial(s.Port, "app-key")
			if err != nil {
				t.Errorf("connect while the plugin is away: %v", err)
				return
			}
			_ = late.conn.Close()
		}
	}, func() bool { now := children(s.PID()); return len(now) == 1 && now[0] != before[0] })
	wg.Wait()
	if got := received.Load(); got != clients*messages {
		t.Errorf("%d deliveries, want %d", got, clients*messages)
	}
	t.Logf("plugin process back after about %v", back)
	until(t, "the plugin to serve again", func() bool { return metric(t, s, "sockudo_plugin_up", `kind="cache"`) == 1 })
}

// publishPaced publishes numbered messages and returns how long after the first
// call of at that did something ok became true.
func publishPaced(t *testing.T, s *launch.Server, n int, pace time.Duration, at func(int), ok func() bool) (back time.Duration) {
	t.Helper()
	a := newAPI(s.URL(), "app-id", "app-key", "app-secret")
	tick := time.NewTicker(pace)
	defer tick.Stop()
	var down time.Time
	for i := range n {
		at(i)
		if down.IsZero() && !ok() {
			if i > 0 {
				down = time.Now()
			}
		} else if !down.IsZero() && back == 0 && ok() {
			back = time.Since(down)
		}
		if status, err := a.publish("room", "m", strconv.Itoa(i)); err != nil || status != 200 {
			t.Fatalf("publish %d: %d %v", i, status, err)
		}
		<-tick.C
	}
	return back
}

// readInOrder reads the messages 0 to n-1, each once and in order.
func readInOrder(c *client, n int, received *atomic.Int64) error {
	for want := range n {
		e, err := c.next()
		if err != nil {
			return err
		}
		if e.Event != "m" || e.Data != strconv.Itoa(want) {
			return errors.New("got " + e.Event + " " + e.Data + ", want m " + strconv.Itoa(want))
		}
		received.Add(1)
	}
	return nil
}
