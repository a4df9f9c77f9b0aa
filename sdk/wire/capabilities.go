package wire

import (
	"slices"

	"github.com/jackfield/jackfield/sdk/contract"
)

// capabilitiesOf returns what a driver can do: what its interfaces show, what
// it declares, and the pipe, which it has from the server.
func capabilitiesOf(kind contract.Kind, driver any, declared []contract.Capability) []contract.Capability {
	caps := append(Capabilities(kind, driver), declared...)
	if d, ok := driver.(contract.Declarer); ok {
		caps = append(caps, d.Capabilities()...)
	}
	slices.Sort(caps)
	return slices.Compact(caps)
}

// Capabilities returns what the interfaces of a driver of a kind show, and
// CapPipe where the server provides it. No method of the driver is called, so
// a nil pointer of the driver's type will do.
func Capabilities(kind contract.Kind, driver any) []contract.Capability {
	var caps []contract.Capability
	for _, a := range abilities {
		if (a.kind == kind || a.kind == "") && a.shown(driver) {
			caps = append(caps, a.capability)
		}
	}
	slices.Sort(caps)
	return caps
}

var abilities = []struct {
	kind       contract.Kind // "": every kind
	capability contract.Capability
	shown      func(driver any) bool
}{
	{contract.KindAppManager, contract.CapPipe, always},
	{contract.KindCache, contract.CapPipe, always},
	{contract.KindQueue, contract.CapPipe, always},
	{contract.KindRateLimiter, contract.CapPipe, always},
	{contract.KindAppManager, contract.CapAppWrite, is[contract.AppWriter]},
	{contract.KindAppManager, contract.CapAppWatch, is[contract.AppWatcher]},
	{contract.KindCache, contract.CapCacheIncr, is[contract.CacheCounter]},
	{contract.KindCache, contract.CapCacheCAS, is[contract.CacheSwapper]},
	{contract.KindCache, contract.CapCacheTouch, is[contract.CacheToucher]},
	{contract.KindCache, contract.CapCachePrefix, is[contract.CachePrefixer]},
	{contract.KindQueue, contract.CapQueueDead, is[contract.DeadLetters]},
	{contract.KindRateLimiter, contract.CapLimitLease, is[contract.RateLeaser]},
	{"", contract.CapStateMove, is[contract.StateMover]},
}

func always(any) bool { return true }

func is[T any](driver any) bool {
	_, ok := driver.(T)
	return ok
}
