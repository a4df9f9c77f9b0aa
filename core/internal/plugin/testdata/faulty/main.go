// Command faulty is a plugin that misbehaves. How it does so before the
// handshake follows from the name under which it is started ("faulty-noise");
// afterwards from the keys that its cache is asked for ("!panic") and from the
// files in the directory of its queue (fault.go).
package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/jackfield/jackfield/sdk"
)

func main() {
	_, fault, _ := strings.Cut(filepath.Base(os.Args[0]), "-")
	if start, ok := faults[fault]; ok {
		start()
	}
	sdk.Serve(sdk.Plugin{
		Name:    "faulty",
		Version: "1.0.0",
		Drivers: []sdk.Driver{
			sdk.AppManagerDriver("fake", openApps),
			sdk.CacheDriver("fake", openCache),
			sdk.CacheDriver("moving", openMovingCache),
			sdk.QueueDriver("fake", openQueue),
			sdk.QueueDriver("disk", openDisk),
			sdk.RateLimiterDriver("fake", openLimiter),
		},
	})
}

// faults happen before the handshake.
var faults = map[string]func(){
	"crash":      func() { panic("no luck today") },
	"exit":       func() { fmt.Fprintln(os.Stderr, "cannot read my file"); os.Exit(3) },
	"hang":       hang,
	"logs":       hostileLogs,
	"grandchild": func() { grandchild() },
}

func hang() { select {} }

// hostileLogs writes what readers of logs stumble over.
func hostileLogs() {
	for _, line := range []string{
		`{"@level":3,"@message":"level is a number","@timestamp":"2026-01-01T00:00:00.000000Z"}`,
		`{"@level":"info","@message":{"is":"an object"},"@timestamp":"2026-01-01T00:00:00.000000Z"}`,
		`{"@level":"info","@message":"time is a list","@timestamp":[1]}`,
		`{"@level":null,"@message":null,"@timestamp":null}`,
		`{"@level":"warn","@message":"well-formed","@timestamp":"2026-01-01T00:00:00.000000Z","key":"value"}`,
		"\x00\xff\xfe no text",
		strings.Repeat("x", 200<<10),
		"[WARN] plain with a level",
	} {
		fmt.Fprintln(os.Stderr, line)
	}
}

// grandchild starts a process that holds our pipes, and returns its number.
func grandchild() int {
	cmd := exec.Command("sleep", "300")
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Start(); err != nil {
		panic(err)
	}
	return cmd.Process.Pid
}
