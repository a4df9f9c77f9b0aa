package plugin

import (
	"context"
	"errors"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jackfield/jackfield/sdk/contract"
)

// memoryHost runs the memory plugin as queue and cache.
func memoryHost(t *testing.T) *Host {
	t.Helper()
	o, _ := testOptions(t, "good")
	build := exec.Command("go", "build", "-o", filepath.Join(o.Dir, "memory"), ".")
	build.Dir = filepath.Join("..", "..", "..", "plugins", "memory")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the memory plugin: %v\n%s", err, out)
	}
	o.Plugins = nil
	o.Choices = map[contract.Kind]Choice{contract.KindQueue: {Driver: "memory"}, contract.KindCache: {Driver: "memory"}}
	return startHost(t, o)
}

// Jobs go through upgrades of the memory plugin while they are enqueued, waited
// for, held and given back: each is done once, in the order of its group.
func TestUpgradesOfMemoryLoseNoJob(t *testing.T) {
	w := worksAt(t, memoryHost(t), time.Hour)
	stop := w.work()
	upgraded := make(chan struct{})
	go func() {
		defer close(upgraded)
		for range 3 {
			if err := w.host.Upgrade(context.Background(), "memory", nil); err != nil {
				t.Error(err)
			}
		}
	}()
	jobs := 0
	eventually(t, "three upgrades while jobs come", func() bool {
		w.fill(jobs, jobs+10)
		jobs += 10
		select {
		case <-upgraded:
			return true
		default:
			return false
		}
	})
	eventually(t, "the end of all jobs", func() bool { w.mu.Lock(); defer w.mu.Unlock(); return w.jobs >= jobs })
	stop()
	for what, got := range map[string]map[string][]string{"begun": w.begun, "done": w.ended} {
		if diff := cmp.Diff(w.accepted, got); diff != "" {
			t.Errorf("%s otherwise than accepted (-accepted +%s):\n%s", what, what, diff)
		}
	}
}

// A job that is in hand during an upgrade is settled at the successor.
func TestWhatIsInHandIsSettledAtTheSuccessor(t *testing.T) {
	h := memoryHost(t)
	c, err := h.Queue().Consume(t.Context(), contract.ConsumeOptions{Queue: "q", Consumer: "c", Lease: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var held []contract.Delivery
	for i := range 4 {
		if err := h.Queue().Enqueue(t.Context(), []contract.Job{groupJob(i, 4)})[0]; err != nil {
			t.Fatal(err)
		}
		d, err := c.Receive(t.Context(), 1)
		if err != nil {
			t.Fatal(err)
		}
		held = append(held, d...)
	}
	if err := h.Upgrade(t.Context(), "memory", nil); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(
		c.Extend(t.Context(), held[0], time.Hour), c.Ack(t.Context(), held[0]), c.Ack(t.Context(), held[1]),
		c.Reject(t.Context(), held[2], "never"), c.Nack(t.Context(), held[3], "not now", time.Hour),
	); err != nil {
		t.Error(err)
	}
	stats, err := h.Queue().Stats(t.Context(), "q")
	want := contract.QueueStats{Dead: 1, Delayed: 1, Durability: contract.InMemory}
	stats.OldestAge = 0
	if diff := cmp.Diff(want, stats); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// lingering is a seat whose tenants are let go of only when told so.
type lingering struct {
	seat
	free chan struct{}
}

func (s lingering) take(p *process) tenant {
	if t := s.seat.take(p); t != nil {
		return &lingerer{tenant: t, free: s.free}
	}
	return nil
}

type lingerer struct {
	tenant
	free  chan struct{}
	asked int
}

func (l *lingerer) idle(ctx context.Context) {
	if l.asked++; l.asked == 1 {
		l.tenant.idle(ctx)
		return
	}
	<-l.free
}

// An operation that found the old process before its state was handed over, and
// comes to it afterwards, must not be accepted there.
func TestALateOperationIsNotLostWithTheOldProcess(t *testing.T) {
	o, _ := testOptions(t, "good")
	o.Choices[contract.KindCache] = Choice{Driver: "moving"}
	h := startHost(t, o)
	free := make(chan struct{})
	seats := h.supervisors[0].seats
	seats[contract.KindCache] = lingering{seats[contract.KindCache], free}
	old := h.cache.slot.present.Load()
	if err := h.Upgrade(t.Context(), "faulty-good", nil); err != nil {
		t.Fatal(err)
	}
	_, err := call(t.Context(), h.cache.slot, old, method{id: methodSet}, normal, func(ctx context.Context, c *cacheClients) (bool, error) {
		return c.quick.Set(ctx, "k", []byte("v"), contract.SetOptions{})
	})
	if !errors.Is(err, contract.ErrGone) {
		t.Errorf("set at the old process: %v", err)
	}
	close(free)
}

// A plugin that keeps failing is replaced; what it keeps in its process is not lost.
func TestAFaultyProcessHandsItsStateOver(t *testing.T) {
	o, _ := testOptions(t, "good")
	o.Choices[contract.KindCache] = Choice{Driver: "moving"}
	h := startHost(t, o)
	pid := pidOf(h)
	if _, err := h.Cache().Set(Patient(t.Context()), "k", []byte("v"), contract.SetOptions{}); err != nil {
		t.Fatal(err)
	}
	for range bugsToRecycle {
		if _, err := h.Cache().Get(Patient(t.Context()), "!bug"); !errors.Is(err, contract.ErrInternal) {
			t.Errorf("bug: %v", err)
		}
	}
	eventually(t, "a successor that answers", func() bool { return replaced(t, h, pid) })
	if got := get(t, h, "k"); got != "v" {
		t.Errorf("k is %q", got)
	}
	if n := h.Status()[0].Restarts; n != 1 {
		t.Errorf("%d restarts", n)
	}
}
