package plugin

import (
	"io"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
)

// The bounds of what a plugin may write to the server's log.
const (
	logBurst     = 1000
	logPerSecond = 200
	stderrKept   = 64 << 10
)

// logBridge brings the lines on a plugin's stderr into the server's log. No
// line can stop it: overlong lines are cut, strange ones are logged as text,
// too many are counted and dropped. The last 64 KiB are kept as they came.
// It is safe for concurrent use.
type logBridge struct {
	logger hclog.Logger
	clock  Clock
	kept   *ring

	mu      sync.Mutex
	tokens  float64
	last    time.Time
	dropped int
	crashed bool // the report of a crash has begun: plain lines are errors
}

func newLogBridge(logger hclog.Logger, clock Clock) *logBridge {
	return &logBridge{logger: logger, clock: clock, kept: newRing(stderrKept), tokens: logBurst, last: clock.Now()}
}

// copy reads r, a plugin's stderr, until it ends or fails.
func (b *logBridge) copy(r io.Reader) {
	lines := b.writer()
	_, _ = io.Copy(lines, r)
	lines.flush()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.reportDropped()
}

// writer returns a writer whose lines are logged. It belongs to one goroutine.
func (b *logBridge) writer() *lineWriter {
	return &lineWriter{raw: b.kept.write, line: b.log}
}

func (b *logBridge) log(line []byte) {
	l := parseLogLine(line)
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.admit() {
		b.dropped++
		return
	}
	b.reportDropped()
	if startsCrash(l.message) {
		b.crashed = true
	}
	if b.crashed && l.fields == nil && l.level == hclog.Info {
		l.level = hclog.Error
	}
	b.logger.Log(l.level, l.message, l.fields...)
}

// stray logs a line that the plugin wrote to stdout after the handshake.
func (b *logBridge) stray(line []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.admit() {
		b.dropped++
		return
	}
	b.logger.Warn("the plugin writes to stdout, which belongs to the handshake; log to stderr instead",
		"line", strings.ToValidUTF8(string(line), "\uFFFD"))
}

// admit takes a token from a bucket of logBurst that fills with logPerSecond.
func (b *logBridge) admit() bool {
	now := b.clock.Now()
	b.tokens = min(logBurst, b.tokens+logPerSecond*now.Sub(b.last).Seconds())
	b.last = now
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}

func (b *logBridge) reportDropped() {
	if b.dropped > 0 {
		b.logger.Warn("the plugin logs too much: lines were dropped", "lines", b.dropped)
		b.dropped = 0
	}
}

// postMortem returns the end of what the plugin wrote: its crash report from
// the first line on, else its last lines; at most 8 KiB.
func (b *logBridge) postMortem() string {
	const lastLines, most = 10, 8 << 10
	text := strings.ToValidUTF8(strings.TrimSpace(string(b.kept.bytes())), "\uFFFD")
	lines := strings.Split(text, "\n")
	start := max(0, len(lines)-lastLines)
	for i, line := range lines {
		if startsCrash(line) {
			start = i
			break
		}
	}
	out := strings.Join(lines[start:], "\n")
	return out[:min(len(out), most)]
}

// firstCrashLine returns the line that names the crash, or "".
func (b *logBridge) firstCrashLine() string {
	for line := range strings.Lines(b.postMortem()) {
		if startsCrash(line) {
			return strings.TrimSpace(line)
		}
	}
	return ""
}
