package main

import (
	"io"
	"os"

	"github.com/hashicorp/go-hclog"

	"github.com/jackfield/jackfield/core/config"
)

// newLogger is the log that the configuration asks for, on out.
func newLogger(cfg *config.Config, out io.Writer) hclog.Logger {
	level := hclog.LevelFromString(cfg.Logging.Level)
	if level == hclog.NoLevel {
		level = hclog.Info
	}
	options := hclog.LoggerOptions{
		Name: "jackfield", Level: level, Output: out,
		JSONFormat: cfg.Logging.Format == "json", IncludeLocation: cfg.Server.Debug,
		Color: colorsOn(cfg.Logging, out), ColorHeaderOnly: true,
	}
	if !cfg.Logging.IncludeTarget {
		options.Name, options.SubloggerHook = "", unnamed
	}
	return hclog.New(&options)
}

// colorsOn is hclog's choice for out: colours are for people, and a file knows
// whether it is a terminal.
func colorsOn(l config.Logging, out io.Writer) hclog.ColorOption {
	if _, file := out.(*os.File); !file || !l.ColorsEnabled || l.Format == "json" {
		return hclog.ColorOff
	}
	return hclog.AutoColor
}

// unnamed takes its name from a logger. It is called again for what it returns.
func unnamed(sub hclog.Logger) hclog.Logger {
	if sub.Name() == "" {
		return sub
	}
	return sub.ResetNamed("")
}
