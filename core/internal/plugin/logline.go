package plugin

import (
	"bytes"
	"encoding/json"
	"fmt"
	"sort"
	"strings"

	"github.com/hashicorp/go-hclog"
)

// The bounds of one log line of a plugin.
const (
	maxLogLine   = 16 << 10
	maxLogFields = 32
)

// logLine is what one line on a plugin's stderr says.
type logLine struct {
	level   hclog.Level
	message string
	fields  []any // alternating names and values
}

// parseLogLine reads a line as hclog JSON, zerolog JSON or plain text,
// whichever fits; any bytes are a log line. Lines without a level are Info.
func parseLogLine(line []byte) logLine {
	line = bytes.TrimRight(line, "\r\n")
	if len(line) > 1 && line[0] == '{' {
		if l, ok := parseJSONLine(line); ok {
			return l
		}
	}
	return parsePlainLine(strings.ToValidUTF8(string(line), "\uFFFD"))
}

// levelKeys, messageKeys and timeKeys are the names that hclog, zerolog and
// others use. The time is dropped: the server's log has its own.
var (
	levelKeys   = []string{"@level", "level", "lvl", "severity"}
	messageKeys = []string{"@message", "message", "msg"}
	timeKeys    = []string{"@timestamp", "time", "timestamp", "ts"}
)

func parseJSONLine(line []byte) (logLine, bool) {
	var fields map[string]any
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.UseNumber()
	if dec.Decode(&fields) != nil || dec.More() {
		return logLine{}, false
	}
	level, hasLevel := takeText(fields, levelKeys)
	message, hasMessage := takeText(fields, messageKeys)
	if !hasLevel && !hasMessage {
		return logLine{}, false
	}
	for _, k := range timeKeys {
		delete(fields, k)
	}
	nameModule(fields)
	return logLine{level: levelOf(level), message: message, fields: flatten(fields)}, true
}

// nameModule keeps of hclog's name of a logger what follows the plugin's own,
// under which the server logs anyway.
func nameModule(fields map[string]any) {
	module, ok := takeText(fields, []string{"@module"})
	if _, part, below := strings.Cut(module, "."); ok && below {
		fields["module"] = part
	}
}

// takeText removes the first key that is there and returns its value as text,
// whatever its type: a plugin's log must not be trusted to be well typed.
func takeText(fields map[string]any, keys []string) (string, bool) {
	for _, k := range keys {
		v, ok := fields[k]
		if !ok {
			continue
		}
		delete(fields, k)
		if s, ok := v.(string); ok {
			return s, true
		}
		return fmt.Sprint(v), true
	}
	return "", false
}

func levelOf(name string) hclog.Level {
	switch strings.ToLower(strings.TrimSpace(name)) {
	case "trace":
		return hclog.Trace
	case "debug":
		return hclog.Debug
	case "warn", "warning":
		return hclog.Warn
	case "error", "err", "fatal", "panic", "critical", "dpanic":
		return hclog.Error
	}
	return hclog.Info
}

// flatten lists the fields by name, at most maxLogFields of them.
func flatten(fields map[string]any) []any {
	names := make([]string, 0, len(fields))
	for name := range fields {
		names = append(names, name)
	}
	sort.Strings(names)
	if len(names) > maxLogFields {
		names = names[:maxLogFields]
	}
	out := make([]any, 0, 2*len(names))
	for _, name := range names {
		out = append(out, name, fields[name])
	}
	return out
}

// plainLevels are the ways in which plain text lines name their level.
var plainLevels = []struct {
	prefix string
	level  hclog.Level
}{
	{"[TRACE]", hclog.Trace},
	{"[DEBUG]", hclog.Debug},
	{"D! ", hclog.Debug},
	{"[INFO]", hclog.Info},
	{"I! ", hclog.Info},
	{"[WARN]", hclog.Warn},
	{"W! ", hclog.Warn},
	{"[ERROR]", hclog.Error},
	{"E! ", hclog.Error},
}

func parsePlainLine(line string) logLine {
	for _, p := range plainLevels {
		if rest, ok := strings.CutPrefix(line, p.prefix); ok {
			return logLine{level: p.level, message: strings.TrimSpace(rest)}
		}
	}
	if startsCrash(line) {
		return logLine{level: hclog.Error, message: line}
	}
	return logLine{level: hclog.Info, message: line}
}

// startsCrash is whether a line begins the report of a dying Go program.
func startsCrash(line string) bool {
	return strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "fatal error: ")
}
