package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRun(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "bad.json")
	if err := os.WriteFile(bad, []byte(`{"port": "x"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		args   []string
		status int
		stdout string // part of it
		stderr string
	}{
		"help":                    {[]string{"--help"}, 0, "--plugin-dir DIR", ""},
		"version":                 {[]string{"--version"}, 0, "plugin protocol 1", ""},
		"unknown flag":            {[]string{"--confg", "x"}, 2, "", "unknown flag --confg\nTry jackfield --help."},
		"flag without value":      {[]string{"-c"}, 2, "", "flag -c needs a value"},
		"argument too many":       {[]string{"x.json"}, 2, "", `unexpected argument "x.json"`},
		"webhooks help":           {[]string{"webhooks", "--help"}, 0, "dead list|replay|purge", ""},
		"webhooks alone":          {[]string{"webhooks"}, 2, "", "is followed by: dead list"},
		"unknown action":          {[]string{"webhooks", "dead", "eat"}, 2, "", `unknown action "eat"`},
		"purge of nothing":        {[]string{"webhooks", "dead", "purge"}, 2, "", "purge needs either --id or --all"},
		"no token":                {[]string{"webhooks", "dead", "list"}, 1, "", "there is no token: set ADMIN_TOKEN"},
		"file that is not there":  {[]string{"--config", "/no/such.json"}, 1, "", "cannot read the file: open /no/such.json"},
		"all that is wrong in it": {[]string{"-c", bad}, 1, "", bad + ":1: port must be a whole number"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			status := run(tt.args, nil, &stdout, &stderr)
			if status != tt.status {
				t.Errorf("status %d, want %d", status, tt.status)
			}
			if !strings.Contains(stdout.String(), tt.stdout) || tt.stdout == "" && stdout.Len() > 0 {
				t.Errorf("stdout %q, want %q in it", stdout.String(), tt.stdout)
			}
			if !strings.Contains(stderr.String(), tt.stderr) || tt.stderr == "" && stderr.Len() > 0 {
				t.Errorf("stderr %q, want %q in it", stderr.String(), tt.stderr)
			}
		})
	}
}
