package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/jackfield/jackfield/core/config"
)

// terminal is a writer that shows colours.
type terminal struct{ bytes.Buffer }

func (*terminal) SupportsColor() bool { return true }

func TestTheLogObeysItsKeys(t *testing.T) {
	const color, name = "\x1b[", "jackfield.part"
	tests := map[string]struct {
		cfg         config.Logging
		color, name bool
	}{
		"text":            {config.Logging{Format: "text", ColorsEnabled: true, IncludeTarget: true}, true, true},
		"without colours": {config.Logging{Format: "text", IncludeTarget: true}, false, true},
		"without targets": {config.Logging{Format: "text", ColorsEnabled: true}, true, false},
		"json":            {config.Logging{Format: "json", ColorsEnabled: true, IncludeTarget: true}, false, true},
	}
	for title, tt := range tests {
		t.Run(title, func(t *testing.T) {
			var tty terminal
			var file bytes.Buffer
			cfg := &config.Config{Logging: tt.cfg}
			newLogger(cfg, &tty).Named("part").With("key", 1).Info("words")
			newLogger(cfg, &file).Named("part").Info("words")
			got := tty.String()
			if strings.Contains(got, color) != tt.color || strings.Contains(got, name) != tt.name || !strings.Contains(got, "words") {
				t.Errorf("on a terminal: %q", got)
			}
			if strings.Contains(file.String(), color) {
				t.Errorf("in a file: %q", file.String())
			}
		})
	}
}
