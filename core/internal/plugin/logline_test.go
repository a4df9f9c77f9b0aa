package plugin

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"
)

func TestParseLogLine(t *testing.T) {
	tests := []struct {
		name, line string
		want       logLine
	}{
		{
			"hclog of a part", `{"@level":"warn","@message":"slow","@module":"redis.queue.bus"}`,
			logLine{hclog.Warn, "slow", []any{"module", "queue.bus"}},
		},
		{
			"hclog", `{"@level":"warn","@message":"slow","@module":"redis","@timestamp":"2026-01-01T00:00:00Z","ms":12}`,
			logLine{hclog.Warn, "slow", []any{"ms", "12"}},
		},
		{
			"zerolog", `{"level":"error","message":"boom","time":1}`,
			logLine{hclog.Error, "boom", []any{}},
		},
		{
			"no strings where strings belong", `{"@level":3,"@message":{"a":1},"@timestamp":[]}`,
			logLine{hclog.Info, "map[a:1]", []any{}},
		},
		{"other JSON", `{"a":1}`, logLine{hclog.Info, `{"a":1}`, nil}},
		{"half JSON", `{"@level":"warn"`, logLine{hclog.Info, `{"@level":"warn"`, nil}},
		{"two values", `{"@level":"warn"} {}`, logLine{hclog.Info, `{"@level":"warn"} {}`, nil}},
		{"plain", "hello\r", logLine{hclog.Info, "hello", nil}},
		{"bracketed level", "[WARN] careful", logLine{hclog.Warn, "careful", nil}},
		{"telegraf level", "E! wrong", logLine{hclog.Error, "wrong", nil}},
		{"crash", "panic: oh", logLine{hclog.Error, "panic: oh", nil}},
		{"no text", "a\xffb", logLine{hclog.Info, "a\uFFFDb", nil}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := parseLogLine([]byte(tt.line))
			for i, f := range got.fields {
				if n, ok := f.(interface{ String() string }); ok {
					got.fields[i] = n.String()
				}
			}
			if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(logLine{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func FuzzParseLogLine(f *testing.F) {
	for _, seed := range []string{
		"", "{", "{}", "null", "[1]", `{"@level":3}`, `{"@message":null,"level":{}}`, "panic: x", "[ERROR]", "\x00\xff",
		`{"@level":"info","@message":"m","@timestamp":5,"a":[1,{"b":null}]}`, `{"level":1e999}`,
	} {
		f.Add([]byte(seed))
	}
	logger := hclog.New(&hclog.LoggerOptions{Level: hclog.Trace, Output: discard{}, JSONFormat: true})
	f.Fuzz(func(t *testing.T, line []byte) {
		l := parseLogLine(line)
		if l.level < hclog.Trace || l.level > hclog.Error {
			t.Errorf("level %v", l.level)
		}
		if len(l.fields)%2 != 0 || len(l.fields) > 2*maxLogFields {
			t.Errorf("%d fields", len(l.fields))
		}
		if !utf8.ValidString(l.message) {
			t.Errorf("message %q is no text", l.message)
		}
		logger.Log(l.level, l.message, l.fields...)
	})
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }

func FuzzParseHandshake(f *testing.F) {
	for _, seed := range []string{
		"", "hello", "1|1|unix|/run/x/sock|grpc|", "1|2|unix|/run/x/sock|grpc|", "2|1|unix|/a|grpc", "1|1|tcp|:1|grpc", "|||||",
		"1|1|unix|/run/x/../y|grpc|", "1|1|unix|/run/x/s|netrpc|", "\xff|",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		h, err := parseHandshake(line, "/run/x", 1, false)
		if err == nil && (h.network != "unix" || !strings.HasPrefix(h.address, "/run/x")) {
			t.Errorf("admitted %q: %+v", line, h)
		}
	})
}
