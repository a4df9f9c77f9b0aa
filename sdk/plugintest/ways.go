package plugintest

import (
	"testing"
	"time"

	"google.golang.org/grpc"

	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/wire"
)

// Suite is the config of a suite: AppManagerConfig, CacheConfig, QueueConfig,
// RateLimiterConfig or AdapterConfig.
type Suite interface {
	// Kind is the kind of backend that the suite is for.
	Kind() contract.Kind

	run(t *testing.T)
	// over returns the suite for clients of the driver that Open returns.
	over(link linker) Suite
	// of returns the suite for clients of a driver that is already served.
	of(r remote) Suite
}

// remote is a driver behind a connection.
type remote struct {
	cc   grpc.ClientConnInterface
	caps []contract.Capability
}

func (r remote) options() wire.ClientOptions { return wire.ClientOptions{Capabilities: r.caps} }

// linker serves a driver and returns it as seen from the other side.
type linker func(t *testing.T, kind contract.Kind, driver any) remote

// Direct runs a suite on the driver itself.
func Direct(t *testing.T, s Suite) {
	t.Helper()
	s.run(t)
}

// AllWays runs the suite of a built program in three ways, each as a subtest:
// directly on the driver which the suite's Open returns, over in-memory gRPC,
// and against the program.
func AllWays(t *testing.T, cfg BinaryConfig) {
	t.Helper()
	t.Run("direct", func(t *testing.T) { Direct(t, cfg.Suite) })
	t.Run("over gRPC", func(t *testing.T) { OverGRPC(t, cfg.Suite) })
	t.Run("binary", func(t *testing.T) { Binary(t, cfg) })
}

var _ = []Suite{AppManagerConfig{}, CacheConfig{}, QueueConfig{}, RateLimiterConfig{}, AdapterConfig{}}

// opener returns a driver, or a client of one, and what it declares.
type opener[D any] func(t *testing.T) (D, []contract.Capability)

// directly opens the driver itself, unless the suite was given clients.
func directly[D any](given opener[D], open func(*testing.T) D, listed []contract.Capability) opener[D] {
	if given != nil {
		return given
	}
	return func(t *testing.T) (D, []contract.Capability) {
		d := open(t)
		return d, declared(d, listed)
	}
}

// client makes a client for one case, closed at its end.
func client[D interface{ Close() error }](t *testing.T, make func(grpc.ClientConnInterface, wire.ClientOptions) D, r remote) D {
	c := make(r.cc, r.options())
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// inRealTime is the pace of a driver in another process.
func inRealTime(advance *func(time.Duration), bubble *bool) {
	*advance, *bubble = nil, false
}
