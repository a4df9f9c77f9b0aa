package plugintest

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/wire"
)

// processCases are what a program owes apart from its drivers.
var processCases = []struct {
	name string
	run  func(t *testing.T, cfg BinaryConfig)
}{
	{"describe writes a description on stdout and nothing else", describes},
	{"version writes one line on stdout", func(t *testing.T, cfg BinaryConfig) {
		out, _, code := byHand(t, cfg.Path, "version")
		wantSame(t, "exit code", code, 0)
		if lines := strings.Split(strings.TrimSpace(out), "\n"); len(lines) != 1 || lines[0] == "" {
			t.Fatalf("version wrote %q, want one line", out)
		}
	}},
	{"a program run by hand explains itself and ends", func(t *testing.T, cfg BinaryConfig) {
		out, errs, code := byHand(t, cfg.Path)
		wantSame(t, "exit code", code, 1)
		if !strings.Contains(strings.ToLower(out+errs), "plugin") {
			t.Fatalf("it wrote %q and does not say that it is a plugin", out+errs)
		}
	}},
	{"the handshake is all that is written on stdout", func(t *testing.T, cfg BinaryConfig) {
		p := launch(t, cfg.Path)
		life, _ := p.configured(t, cfg)
		alive(t, life)
		wantSame(t, "stdout after the handshake", p.stdout.String(), "")
	}},
	{"the program says over the wire what it says by hand", func(t *testing.T, cfg BinaryConfig) {
		p := launch(t, cfg.Path)
		life, _ := p.connect(t, p.token)
		d, err := life.Describe(soon(t))
		wantNil(t, "Describe", err)
		offers(t, d, cfg)
		byHand := describedByHand(t, cfg.Path)
		wantSame(t, "name", d.Name, byHand.Name)
		wantSame(t, "version", d.Version, byHand.Version)
	}},
	{"a call without the token is refused", func(t *testing.T, cfg BinaryConfig) {
		p := launch(t, cfg.Path)
		for _, token := range []string{"", "00"} {
			life, _ := p.connect(t, token)
			_, err := life.Describe(soon(t))
			wantErr(t, "Describe with token "+token, err, contract.ErrAuth)
		}
		life, _ := p.connect(t, p.token)
		alive(t, life)
	}},
	{"an option that nobody knows is refused", func(t *testing.T, cfg BinaryConfig) {
		p := launch(t, cfg.Path)
		life, _ := p.connect(t, p.token)
		_, err := life.Configure(soon(t), wire.Configuration{
			Kind: cfg.Suite.Kind(), Driver: cfg.Driver, Options: withUnknown(t, cfg.Options), NodeID: "suite",
		})
		wantErr(t, "Configure", err, contract.ErrInvalid)
		p.configured(t, cfg)
	}},
	{"a driver that nobody offers is refused", func(t *testing.T, cfg BinaryConfig) {
		p := launch(t, cfg.Path)
		life, _ := p.connect(t, p.token)
		_, err := life.Configure(soon(t), wire.Configuration{Kind: cfg.Suite.Kind(), Driver: "no-such-driver"})
		wantErr(t, "Configure", err, contract.ErrUnsupported)
	}},
	{"SIGTERM and SIGINT are ignored while the lifeline holds", func(t *testing.T, cfg BinaryConfig) {
		p := launch(t, cfg.Path)
		life, _ := p.configured(t, cfg)
		for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
			wantNil(t, "signal", p.cmd.Process.Signal(sig))
			for range 20 {
				alive(t, life)
			}
		}
	}},
	{"a drain with nothing under way is complete", func(t *testing.T, cfg BinaryConfig) {
		p := launch(t, cfg.Path)
		life, _ := p.configured(t, cfg)
		complete, err := life.Drain(soon(t), drainWithin)
		wantNil(t, "Drain", err)
		wantSame(t, "complete", complete, true)
	}},
	{"the program ends when its lifeline ends", func(t *testing.T, cfg BinaryConfig) {
		p := launch(t, cfg.Path)
		p.configured(t, cfg)
		wantNil(t, "close the lifeline", p.lifeline.Close())
		if !p.ends(exitWithin) {
			t.Fatalf("it still runs %v later; stderr: %s", exitWithin, p.stderr)
		}
	}},
}

// byHand runs a program as a person would.
func byHand(t *testing.T, path string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(soon(t), path, args...)
	cmd.Env, cmd.Stdout, cmd.Stderr = environment(), &out, &errs
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatalf("run %s: %v", path, err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

func describedByHand(t *testing.T, path string) wire.Description {
	t.Helper()
	out, errs, code := byHand(t, path, "describe")
	if code != 0 {
		t.Fatalf("describe: exit code %d, stderr: %s", code, errs)
	}
	var d wire.Description
	if err := json.Unmarshal([]byte(out), &d); err != nil {
		t.Fatalf("describe wrote no JSON object: %v\n%s", err, out)
	}
	return d
}

func describes(t *testing.T, cfg BinaryConfig) { offers(t, describedByHand(t, cfg.Path), cfg) }

// withUnknown adds an option to a JSON object.
func withUnknown(t *testing.T, options json.RawMessage) json.RawMessage {
	t.Helper()
	all := map[string]any{}
	if len(options) > 0 {
		wantNil(t, "read the options", json.Unmarshal(options, &all))
	}
	all["an_option_that_nobody_knows"] = 1
	out, err := json.Marshal(all)
	wantNil(t, "write the options", err)
	return out
}
