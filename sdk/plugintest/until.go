package plugintest

import (
	"testing"
	"time"
)

// Until waits for a condition, which it asks again and again; the test fails if
// it has not come true after minutes. For tests of a driver's own beside the
// suites; not for a bubble of testing/synctest.
func Until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	end := time.After(3 * time.Minute)
	for !ok() {
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("waited for %s in vain", what)
		}
	}
}
