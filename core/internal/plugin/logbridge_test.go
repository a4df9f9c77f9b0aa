package plugin

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/hashicorp/go-hclog"
)

// logBook is a writer that keeps a log for tests.
type logBook struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *logBook) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logBook) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

func (b *logBook) logger() hclog.Logger {
	return hclog.New(&hclog.LoggerOptions{Level: hclog.Trace, Output: b, DisableTime: true})
}

func TestLogBridgeCutsLongLines(t *testing.T) {
	var book logBook
	b := newLogBridge(book.logger(), newHandClock())
	b.copy(iotest.OneByteReader(strings.NewReader("first\n" + strings.Repeat("x", 3*maxLogLine) + "\nlast")))
	text := book.String()
	if !strings.Contains(text, "first") || !strings.Contains(text, "[line cut]") || !strings.Contains(text, "last") {
		t.Errorf("lines are missing in a log of %d bytes", len(text))
	}
	if len(text) > 2*maxLogLine {
		t.Errorf("the log has %d bytes", len(text))
	}
	if kept := b.kept.bytes(); len(kept) != 3*maxLogLine+len("first\n\nlast") {
		t.Errorf("%d bytes are kept", len(kept))
	}
}

func TestLogBridgeLimitsTheRate(t *testing.T) {
	var book logBook
	clock := newHandClock()
	b := newLogBridge(book.logger(), clock)
	w := b.writer()
	for i := range logBurst + 500 {
		fmt.Fprintf(w, "line %d\n", i)
	}
	clock.advance(time.Second)
	fmt.Fprintln(w, "after")
	text := book.String()
	if !strings.Contains(text, "lines=500") || !strings.Contains(text, "after") {
		t.Errorf("the drop is not told:\n%s", text[len(text)-200:])
	}
	if n := strings.Count(text, "line "); n != logBurst {
		t.Errorf("%d lines were logged, want %d", n, logBurst)
	}
}

func TestLogBridgeReportsACrash(t *testing.T) {
	var book logBook
	b := newLogBridge(book.logger(), newHandClock())
	b.copy(strings.NewReader("all is well\npanic: oh no\n\ngoroutine 1 [running]:\nmain.main()\n"))
	if got := b.firstCrashLine(); got != "panic: oh no" {
		t.Errorf("crash line %q", got)
	}
	if got := b.postMortem(); !strings.HasPrefix(got, "panic: oh no") || strings.Contains(got, "well") {
		t.Errorf("post-mortem %q", got)
	}
	if !strings.Contains(book.String(), "[ERROR] goroutine 1") {
		t.Errorf("the trace is not logged as an error:\n%s", book.String())
	}
}
