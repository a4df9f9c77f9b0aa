package plugin

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

func TestUpgradeLosesNoCall(t *testing.T) {
	o, _ := testOptions(t, "good")
	h := startHost(t, o)
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error, 1)
	go func() {
		defer close(failed)
		for ctx.Err() == nil {
			_, err := h.Cache().Get(context.WithoutCancel(ctx), "absent")
			if !errors.Is(err, contract.ErrNotFound) && !errors.Is(err, contract.ErrTimeout) {
				failed <- err
				return
			}
		}
	}()
	for range 3 {
		pid := pidOf(h)
		if err := h.Upgrade(t.Context(), "faulty-good", nil); err != nil {
			t.Fatal(err)
		}
		if pidOf(h) == pid {
			t.Error("the same process is in service")
		}
		eventually(t, "the end of the old process", func() bool { return !alive(pid) })
	}
	cancel()
	if err := <-failed; err != nil {
		t.Errorf("a call failed: %v", err)
	}
	if n := h.Status()[0].Restarts; n != 0 {
		t.Errorf("%d restarts", n)
	}
}

func TestUpgradeMovesState(t *testing.T) {
	o, _ := testOptions(t, "good")
	o.Choices[contract.KindCache] = Choice{Driver: "moving"}
	h := startHost(t, o)
	for i := range 100 {
		key := fmt.Sprint(i)
		if _, err := h.Cache().Set(t.Context(), key, []byte("v"+key), contract.SetOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.Upgrade(t.Context(), "faulty-good", nil); err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		if got := get(t, h, fmt.Sprint(i)); got != fmt.Sprint("v", i) {
			t.Errorf("key %d: %q", i, got)
		}
	}
}

func TestUpgradeMovesConsumers(t *testing.T) {
	h, _ := queueHost(t, Choice{Driver: "fake"})
	c, err := h.Queue().Consume(t.Context(), contract.ConsumeOptions{Queue: "q", Consumer: "c", Lease: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	got := make(chan []string)
	go func() { got <- receive(t, c, 1) }()
	if err := h.Upgrade(t.Context(), "faulty-good", nil); err != nil {
		t.Fatal(err)
	}
	if errs := h.Queue().Enqueue(t.Context(), []contract.Job{job(1)}); errs[0] != nil {
		t.Fatal(errs[0])
	}
	if ids := <-got; ids[0] != job(1).ID {
		t.Errorf("received %v", ids)
	}
}

func TestFailedUpgradeChangesNothing(t *testing.T) {
	o, _ := testOptions(t, "good")
	h := startHost(t, o)
	pid := pidOf(h)
	wrong := map[contract.Kind]Choice{contract.KindCache: {Driver: "fake", Options: jsonOptions(t, map[string]any{"size": "x"})}}
	if err := h.Upgrade(t.Context(), "faulty-good", wrong); err == nil {
		t.Error("wrong options were accepted")
	}
	path := filepath.Join(o.Dir, "faulty-good")
	if err := errors.Join(os.Remove(path), os.WriteFile(path, []byte("broken"), 0o755)); err != nil {
		t.Fatal(err)
	}
	err := h.Upgrade(t.Context(), "faulty-good", nil)
	if err == nil {
		t.Fatal("a broken program was accepted")
	}
	mustSay(t, err.Error(), "faulty-good", "neither a Linux program")
	if !serves(t, h) || pidOf(h) != pid {
		t.Error("the old process is not in service")
	}
	if err := h.Upgrade(t.Context(), "unknown", nil); !errors.Is(err, contract.ErrNotFound) {
		t.Errorf("an unknown plugin: %v", err)
	}
}
