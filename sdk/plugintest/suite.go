package plugintest

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// scenario is one case of a suite: a promise of the contract and its proof.
type scenario[R any] struct {
	name string
	// needs and lacks choose the drivers that the case is for: those that
	// declare the capability, or those that do not. Empty means all.
	needs, lacks contract.Capability
	run          func(R)
}

// bench is what every case works with.
type bench struct {
	*testing.T
	pace
	caps []contract.Capability
}

func (b *bench) has(c contract.Capability) bool { return slices.Contains(b.caps, c) }

// applies tells whether a case is for this driver, and logs it if not.
func (b *bench) applies(needs, lacks contract.Capability) bool {
	switch {
	case needs != "" && !b.has(needs):
		b.Logf("left out: the driver does not declare %s", needs)
		return false
	case lacks != "" && b.has(lacks):
		b.Logf("left out: the driver declares %s", lacks)
		return false
	}
	return true
}

// play runs every scenario as a subtest with a bench and a driver of its own;
// those in real time at the same time.
func play[R interface {
	applies(n, l contract.Capability) bool
}](t *testing.T, p pace, all []scenario[R], open func(*testing.T) R) {
	for _, s := range all {
		run := func(t *testing.T) {
			if r := open(t); r.applies(s.needs, s.lacks) {
				s.run(r)
			}
		}
		t.Run(s.name, func(t *testing.T) {
			switch {
			case p.bubble:
				synctest.Test(t, run)
				return
			case !p.simulated() && !p.serial:
				t.Parallel() // cases in real time wait most of the time
			}
			run(t)
		})
	}
}

// declared returns the capabilities of a driver: those listed by the test, or
// those that its interfaces show and its Capabilities method adds.
func declared(driver any, listed []contract.Capability) []contract.Capability {
	if listed != nil {
		return listed
	}
	caps := shown(driver)
	if d, ok := driver.(contract.Declarer); ok {
		caps = append(caps, d.Capabilities()...)
	}
	return caps
}

// shown returns the capabilities that the interfaces of a driver show.
func shown(driver any) []contract.Capability {
	caps := []contract.Capability{}
	add := func(c contract.Capability, ok bool) {
		if ok {
			caps = append(caps, c)
		}
	}
	add(contract.CapAppWrite, implements[contract.AppWriter](driver))
	add(contract.CapAppWatch, implements[contract.AppWatcher](driver))
	add(contract.CapCacheIncr, implements[contract.CacheCounter](driver))
	add(contract.CapCacheCAS, implements[contract.CacheSwapper](driver))
	add(contract.CapCacheTouch, implements[contract.CacheToucher](driver))
	add(contract.CapCachePrefix, implements[contract.CachePrefixer](driver))
	add(contract.CapQueueDead, implements[contract.DeadLetters](driver))
	add(contract.CapLimitLease, implements[contract.RateLeaser](driver))
	add(contract.CapStateMove, implements[contract.StateMover](driver))
	return caps
}

func implements[I any](driver any) bool {
	_, ok := driver.(I)
	return ok
}

// ability returns the driver's optional interface; a driver that declares the
// capability and lacks the methods fails the case.
func ability[I any](b *bench, driver any, c contract.Capability) I {
	b.Helper()
	i, ok := driver.(I)
	if !ok {
		b.Fatalf("the driver declares %s and has no methods for it", c)
	}
	return i
}

// refused returns the optional interface of a driver that does not declare its
// capability. false: there is not even a method, nothing is left to refuse.
func refused[I any](b *bench, driver any, c contract.Capability) (I, bool) {
	i, ok := driver.(I)
	if !ok {
		b.Logf("the driver has no methods for %s", c)
	}
	return i, ok
}

// patience is how long a suite waits for what must happen at once.
const patience = 60 * time.Second
