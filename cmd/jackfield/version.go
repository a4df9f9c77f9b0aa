package main

import (
	"fmt"
	"runtime/debug"

	"github.com/jackfield/jackfield/sdk/wire"
)

// Set by the build: -ldflags "-X main.version=1.2.3 -X main.commit=abcdef0".
var (
	version = ""
	commit  = ""
)

// versionText tells which program this is. What the build did not set comes
// from the information that the Go tool embeds.
func versionText() string {
	v, c := version, commit
	if info, ok := debug.ReadBuildInfo(); ok {
		if v == "" {
			v = info.Main.Version
		}
		for _, setting := range info.Settings {
			if setting.Key == "vcs.revision" && c == "" {
				c = setting.Value
			}
		}
	}
	return fmt.Sprintf("jackfield %s, commit %s, plugin protocol %d", orUnknown(v), orUnknown(c), wire.ProtocolMajor)
}

func orUnknown(text string) string {
	if text == "" {
		return "unknown"
	}
	return text
}
