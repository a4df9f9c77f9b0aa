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
	good := filepath.Join(t.TempDir(), "good.json")
	text := `{"metrics": {"host": "127.0.0.1", "port": 1}, "admin": {"token": "x"},
		"app_manager": {"array": {"apps": [{"id": "1", "key": "k", "secret": "s3cret", "enabled": true}]}}}`
	if err := os.WriteFile(good, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	programs := t.TempDir()
	if err := os.WriteFile(filepath.Join(programs, "mine"), []byte("#!/bin/sh"), 0o700); err != nil {
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
		"apps help":               {[]string{"apps", "list", "--help"}, 0, "rotate-secret ID", ""},
		"apps alone":              {[]string{"apps"}, 2, "", `"apps" is followed by one of: list, show`},
		"unknown action on apps":  {[]string{"apps", "eat"}, 2, "", `unknown action "eat"; there are list`},
		"no id":                   {[]string{"apps", "set", "a=b"}, 2, "", "set needs the id of an app"},
		"nothing to set":          {[]string{"apps", "set", "1"}, 2, "", "set needs NAME=VALUE, or --file"},
		"no equals sign":          {[]string{"apps", "set", "1", "x"}, 2, "", `"x" is not NAME=VALUE`},
		"secret in an argument":   {[]string{"apps", "add", "1", "secret=x"}, 2, "", "can be seen by others"},
		"show with a value":       {[]string{"apps", "show", "1", "a=b"}, 2, "", `unexpected argument "a=b"`},
		"show of a revision":      {[]string{"apps", "show", "1", "--revision", "2"}, 2, "", "show takes no --revision"},
		"list of a file":          {[]string{"apps", "list", "--file", "x"}, 2, "", "list takes no --file"},
		"drop-old of set":         {[]string{"apps", "set", "1", "a=1", "--drop-old"}, 2, "", "set takes no --drop-old"},
		"two ways":                {[]string{"apps", "list", "--direct", "--admin-url", "x"}, 2, "", "exclude each other"},
		"file that is no object":  {[]string{"apps", "set", "1", "--file", "/dev/null"}, 2, "", "must hold a JSON object"},
		"apps without a token":    {[]string{"apps", "list"}, 1, "", "or use --direct"},
		"apps of the environment": {[]string{"apps", "list", "--direct"}, 0, "ID  KEY  ENABLED  REVISION\n", ""},
		"apps of the file":        {[]string{"apps", "list", "--direct", "-c", good}, 0, "1   k    true     0\n", ""},
		"one in full":             {[]string{"apps", "show", "1", "--json", "--direct", "-c", good, "--show-secrets"}, 0, `"secret":"s3cret"`, ""},
		"one in short":            {[]string{"apps", "show", "1", "--direct", "-c", good}, 0, "(not shown; --show-secrets)", ""},
		"one that is not there":   {[]string{"apps", "show", "2", "--direct", "-c", good}, 3, "", `no app has the id "2"`},
		"change of the file":      {[]string{"apps", "set", "1", "--direct", "-c", good, "enabled=false"}, 1, "", "change them there and send the server SIGHUP"},
		"no server":               {[]string{"apps", "list", "-c", good}, 1, "", "start the server, name another with --admin-url, or use --direct"},
		"plugins help":            {[]string{"plugins", "lock", "--help"}, 0, "checksums of all plugins", ""},
		"plugins alone":           {[]string{"plugins"}, 2, "", `"plugins" is followed by: lock`},
		"plugins of nobody":       {[]string{"plugins", "lock", "--plugin-dir", "/nowhere"}, 1, "", "there is no plugin to lock (looked in /nowhere"},
		"plugins locked":          {[]string{"plugins", "lock", "--plugin-dir", programs}, 0, "  mine (linux/", ""},
		"no token":                {[]string{"webhooks", "dead", "list"}, 1, "", "there is no token: set ADMIN_TOKEN"},
		"no server for letters":   {[]string{"webhooks", "dead", "list", "-c", good}, 1, "", "start the server, or name another with --admin-url"},
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
