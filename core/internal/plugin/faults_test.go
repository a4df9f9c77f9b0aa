package plugin

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/jackfield/jackfield/sdk/contract"
)

func atoi(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(strings.TrimSpace(s))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestHostileLogLinesAreHarmless(t *testing.T) {
	o, book := testOptions(t, "logs")
	h := startHost(t, o)
	if !serves(t, h) {
		t.Error("the cache does not answer")
	}
	eventually(t, "the log lines", func() bool { return strings.Contains(book.String(), "plain with a level") })
	mustSay(t, book.String(), "level is a number", "time is a list", "[WARN]  faulty-logs: well-formed: key=value", "[line cut]")
}

func TestStrayOutputIsLogged(t *testing.T) {
	o, book := testOptions(t, "good")
	script := "#!/bin/sh\n(sleep 0.2; echo printed by accident; exec sleep 60) &\nexec " + filepath.Join(programs, "faulty") + "\n"
	o.Plugins = map[string]PluginConfig{"mine": {Path: writeProgram(t, script, 0o755), Drivers: []string{"fake"}}}
	h := startHost(t, o)
	get(t, h, "!stderr:said on stderr")
	eventually(t, "the lines", func() bool {
		return strings.Contains(book.String(), "printed by accident") && strings.Contains(book.String(), "said on stderr")
	})
	mustSay(t, book.String(), "the plugin writes to stdout")
	if !serves(t, h) {
		t.Error("the cache does not answer")
	}
}

func TestStoppedPluginIsReplaced(t *testing.T) {
	o, _ := testOptions(t, "good")
	h := startHost(t, o)
	pid := pidOf(h)
	kill(t, pid, unix.SIGSTOP)
	eventually(t, "a successor that answers", func() bool { return replaced(t, h, pid) })
	if alive(pid) {
		t.Error("the stopped process is left")
	}
}

func TestIdleStoppedPluginIsFoundByItsSilence(t *testing.T) {
	o, _ := testOptions(t, "good")
	clock := newHandClock()
	o.Clock = clock
	h := startHost(t, o)
	pid := pidOf(h)
	kill(t, pid, unix.SIGSTOP)
	eventually(t, "a successor", func() bool {
		clock.advance(time.Second)
		now := pidOf(h)
		return now != pid && now != 0
	})
}

func TestStopEndsAStoppedPlugin(t *testing.T) {
	o, _ := testOptions(t, "good")
	h := startHost(t, o)
	kill(t, pidOf(h), unix.SIGSTOP)
	stopHost(t, h)
}

func TestStopEndsAPluginInTheMiddleOfACall(t *testing.T) {
	o, _ := testOptions(t, "good")
	h := startHost(t, o)
	done := make(chan error)
	go func() {
		_, err := h.Cache().Get(Patient(context.Background()), "!hang")
		done <- err
	}()
	stopHost(t, h)
	if err := <-done; err == nil {
		t.Error("the call has a result")
	}
	if _, err := h.Cache().Get(t.Context(), "k"); !errors.Is(err, contract.ErrUnavailable) {
		t.Errorf("after Stop: %v", err)
	}
	if err := h.Stop(t.Context()); err != nil {
		t.Errorf("second Stop: %v", err)
	}
}

func TestGrandchildHoldsNothingUp(t *testing.T) {
	o, _ := testOptions(t, "good")
	h := startHost(t, o)
	pid := pidOf(h)
	grandchild := atoi(t, get(t, h, "!grandchild"))
	kill(t, pid, unix.SIGKILL)
	eventually(t, "a successor that answers", func() bool { return replaced(t, h, pid) })
	eventually(t, "the end of the grandchild", func() bool { return !alive(grandchild) })
	atoi(t, get(t, h, "!grandchild"))
	stopHost(t, h)
}

func TestCrashLoopShowsAndGoesOn(t *testing.T) {
	o, book := testOptions(t, "good")
	clock := newHandClock()
	o.Clock = clock
	o.Choices[contract.KindCache] = Choice{Driver: "fake", Options: jsonOptions(t, map[string]any{"crash_after_ms": 50})}
	h := startHost(t, o)
	eventually(t, "the state failed", func() bool {
		clock.advance(time.Second)
		s := h.Status()[0]
		return s.State == Failed && s.Restarts >= 4 && strings.Contains(s.Reason, "exit status 9")
	})
	restarts := h.Status()[0].Restarts
	eventually(t, "one more restart", func() bool {
		clock.advance(10 * time.Second)
		return h.Status()[0].Restarts > restarts
	})
	mustSay(t, book.String(), "plugin failed", "exit status 9")
}

func TestPanicInAHandlerCostsOneCall(t *testing.T) {
	o, _ := testOptions(t, "good")
	h := startHost(t, o)
	pid := pidOf(h)
	if _, err := h.Cache().Get(t.Context(), "!panic"); !errors.Is(err, contract.ErrInternal) {
		t.Errorf("panic: %v", err)
	}
	if !serves(t, h) || pidOf(h) != pid {
		t.Error("the process was replaced")
	}
}

func TestManyBugsRecycleTheProcess(t *testing.T) {
	o, _ := testOptions(t, "good")
	h := startHost(t, o)
	pid := pidOf(h)
	for range bugsToRecycle {
		if _, err := h.Cache().Get(t.Context(), "!bug"); !errors.Is(err, contract.ErrInternal) {
			t.Errorf("bug: %v", err)
		}
	}
	eventually(t, "a successor that answers", func() bool { return replaced(t, h, pid) })
}

func TestCrashIsExplained(t *testing.T) {
	o, book := testOptions(t, "good")
	h := startHost(t, o)
	pid := pidOf(h)
	// The call is made once more at the successor, which it crashes too.
	if _, err := h.Cache().Get(t.Context(), "!crash"); err == nil {
		t.Error("a crash has a result")
	}
	eventually(t, "a successor that answers", func() bool { return replaced(t, h, pid) })
	mustSay(t, book.String(), "panic: a goroutine panics", "exit status 2")
}

func TestLargeMessages(t *testing.T) {
	o, _ := testOptions(t, "good")
	h := startHost(t, o)
	pid := pidOf(h)
	const mib = 1 << 20
	slow := Patient(t.Context())
	big := make([]byte, 5*mib)
	eventually(t, "5 MiB stored", func() bool {
		_, err := h.Cache().Set(slow, "big", big, contract.SetOptions{})
		return err == nil
	})
	eventually(t, "5 MiB fetched", func() bool {
		v, err := h.Cache().Get(slow, "big")
		return err == nil && len(v) == len(big)
	})
	if _, err := h.Cache().Set(slow, "huge", make([]byte, 17*mib), contract.SetOptions{}); err == nil {
		t.Error("17 MiB were stored")
	}
	if v, err := h.Cache().Get(slow, "!big:"+strconv.Itoa(17*mib)); err == nil {
		t.Errorf("%d bytes were fetched", len(v))
	}
	if !serves(t, h) || pidOf(h) != pid {
		t.Error("the process was replaced")
	}
}

func TestPluginIgnoresSIGTERM(t *testing.T) {
	o, _ := testOptions(t, "good")
	h := startHost(t, o)
	pid := pidOf(h)
	kill(t, pid, unix.SIGTERM)
	kill(t, pid, unix.SIGINT)
	for range 50 {
		if !serves(t, h) {
			t.Fatal("the cache does not answer")
		}
	}
	if pidOf(h) != pid {
		t.Error("the process was replaced")
	}
}

func TestSecretsGoNowhereElse(t *testing.T) {
	t.Setenv("REDIS_URL", "redis://:hunter1@host")
	t.Setenv("FAULTY_HINT", "wanted")
	o, book := testOptions(t, "good")
	o.Plugins["faulty-good"] = PluginConfig{Drivers: []string{"fake"}, Env: []string{"FAULTY_*"}}
	o.Choices[contract.KindCache] = Choice{Driver: "fake", Options: jsonOptions(t, map[string]any{"password": "hunter2"})}
	h := startHost(t, o)
	env, argv := get(t, h, "!env"), get(t, h, "!argv")
	mustSay(t, env, "FAULTY_HINT=wanted", "PATH=")
	token := h.supervisors[0].process.child.token
	for _, secret := range []string{"hunter1", "hunter2", token} {
		if strings.Contains(env+argv+book.String(), secret) {
			t.Errorf("%q shows in environment, arguments or log", secret)
		}
	}
}

func TestTwentyRestartsLeaveNothingBehind(t *testing.T) {
	o, _ := testOptions(t, "good")
	clock := newHandClock()
	o.Clock = clock
	h := startHost(t, o)
	ctx, cancel := context.WithCancel(t.Context())
	calls := make(chan struct{})
	go func() { // calls go on all the time
		defer close(calls)
		for ctx.Err() == nil {
			_, _ = h.Cache().Get(ctx, "k")
		}
	}()
	restart := func() {
		pid := pidOf(h)
		kill(t, pid, unix.SIGKILL)
		eventually(t, "a successor", func() bool {
			clock.advance(time.Second)
			return pidOf(h) != pid && pidOf(h) != 0
		})
		eventually(t, "answers", func() bool { return serves(t, h) })
	}
	restart()
	fds, goroutines := openFiles(t), runtime.NumGoroutine()
	for range 20 {
		restart()
	}
	cancel()
	<-calls
	eventually(t, "as few descriptors and goroutines as before", func() bool {
		return openFiles(t) <= fds+2 && runtime.NumGoroutine() <= goroutines+2
	})
	left, err := os.ReadDir(h.runDir.path)
	if err != nil || len(left) != 2 { // the owner's file and the present process
		t.Errorf("run directory holds %v, %v", left, err)
	}
}

func openFiles(t *testing.T) int {
	t.Helper()
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(files)
}
