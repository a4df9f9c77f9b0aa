package testserver

import (
	"fmt"
	"os"
	"sync"
)

// TB is what a server needs of whoever starts it: a *testing.T, a *testing.B, or Package.
type TB interface {
	Helper()
	Cleanup(func())
	Logf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// Package is the TB of servers that live until Run returns.
var Package TB = shared

var shared = &host{}

// host collects what is to be done after the last test.
type host struct {
	mu       sync.Mutex
	cleanups []func()
}

func (h *host) Helper() {}

// Logf writes to standard error.
func (h *host) Logf(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }

// Fatalf ends the test that needed the server; there is no test to fail otherwise.
func (h *host) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

// Cleanup has f called by Run, after those that were added later.
func (h *host) Cleanup(f func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.cleanups = append(h.cleanups, f)
}

func (h *host) end() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for len(h.cleanups) > 0 {
		last := len(h.cleanups) - 1
		f := h.cleanups[last]
		h.cleanups = h.cleanups[:last]
		f()
	}
}

// Run runs the tests of a package, ends the servers of Package, and returns the
// exit code of the tests. m is the *testing.M of TestMain.
func Run(m interface{ Run() int }) int {
	defer shared.end()
	return m.Run()
}
