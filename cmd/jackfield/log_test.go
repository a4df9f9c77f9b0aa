package main

import (
	"bytes"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/hashicorp/go-hclog"

	"github.com/jackfield/jackfield/core/config"
)

func TestTheLogNamesItsPartsIfAsked(t *testing.T) {
	for include, want := range map[bool]string{
		true:  "[INFO]  jackfield.ws: hello: app=1\n",
		false: "[INFO]  hello: app=1\n",
	} {
		var out bytes.Buffer
		log := newLogger(&config.Config{Logging: config.Logging{IncludeTarget: include, ColorsEnabled: true}}, &out)
		log.Named("ws").With("app", 1).Info("hello")
		if _, line, _ := strings.Cut(out.String(), " "); line != want {
			t.Errorf("include_target %v: %q, want %q", include, line, want)
		}
	}
}

func TestColoursAreForTerminals(t *testing.T) {
	for name, c := range map[string]struct {
		logging config.Logging
		out     io.Writer
		want    hclog.ColorOption
	}{
		"a file, which may be a terminal": {config.Logging{ColorsEnabled: true, Format: "text"}, os.Stderr, hclog.AutoColor},
		"switched off":                    {config.Logging{Format: "text"}, os.Stderr, hclog.ColorOff},
		"JSON":                            {config.Logging{ColorsEnabled: true, Format: "json"}, os.Stderr, hclog.ColorOff},
		"no file":                         {config.Logging{ColorsEnabled: true}, io.Discard, hclog.ColorOff},
	} {
		if got := colorsOn(c.logging, c.out); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
