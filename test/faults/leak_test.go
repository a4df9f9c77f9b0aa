package faults

import (
	"flag"
	"sync"
	"testing"

	"github.com/jackfield/jackfield/test/launch"
)

var connects = flag.Int("connects", 5000, "connections that come and go in the test for leaks")

// Connections that came and went leave nothing behind.
func TestConnectionsLeaveNothingBehind(t *testing.T) {
	s := built.Start(t, launch.Options{})
	churn(t, s, 500) // pools and buffers have their size
	until(t, "all connections to be gone", func() bool { return metric(t, s, "sockudo_connected", "") == 0 })
	goroutines := settled(t, s)
	descriptors := metric(t, s, "process_open_fds", "")
	churn(t, s, *connects)
	until(t, "all connections to be gone", func() bool { return metric(t, s, "sockudo_connected", "") == 0 })
	if !reaches(func() bool { return metric(t, s, "go_goroutines", "") <= goroutines }) {
		t.Fatalf("more than %v goroutines:\n%s", goroutines, surplus(t, s))
	}
	until(t, "descriptors to be as many as before", func() bool { return metric(t, s, "process_open_fds", "") <= descriptors })
	if n := metric(t, s, "sockudo_active_channels", ""); n != 0 {
		t.Errorf("%v channels are left", n)
	}
	t.Logf("resident memory %.1f MB", metric(t, s, "process_resident_memory_bytes", "")/1e6)
}

// churn connects n clients, each subscribes, and half of them vanish without a close.
func churn(t *testing.T, s *launch.Server, n int) {
	t.Helper()
	var wg sync.WaitGroup
	turns := make(chan struct{}, 16)
	for i := range n {
		turns <- struct{}{}
		wg.Go(func() {
			defer func() { <-turns }()
			c, err := dial(s.Port, "app-key")
			if err != nil {
				t.Error(err)
				return
			}
			if err := c.subscribe("room"); err != nil {
				t.Error(err)
			}
			if i%2 == 0 {
				_, _ = c.conn.Write([]byte{0x88, 0x80, 0, 0, 0, 0})
			}
			_ = c.conn.Close()
		})
	}
	wg.Wait()
}
