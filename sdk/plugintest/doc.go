// Package plugintest proves that a backend keeps the contract.
//
// There is one suite per kind: AppManager, Cache, Queue, RateLimiter and
// Adapter. A suite is the contract as sentences: every case is named after the
// promise it checks. Describe the driver in a config and run it:
//
//	func TestCache(t *testing.T) {
//		plugintest.Cache(t, plugintest.CacheConfig{
//			Open:   func(t *testing.T) sdk.Cache { return openCache(t) },
//			Bubble: true,
//		})
//	}
//
// Every case calls Open for itself and uses names of its own, so Open may
// return a new driver each time or clients of one shared server. Whatever Open
// starts it stops with t.Cleanup.
//
// # Time
//
// A driver which lives in the test's process and uses package time runs best in
// a bubble (Bubble: true, see testing/synctest): hours pass in no time and
// every edge is exact. A driver with a clock of its own gives Advance. With
// neither the suite waits for real, with short lifetimes, on conditions with a
// deadline; cases then run in parallel and edges are left out.
//
// # Capabilities
//
// What a driver can do is found by type assertion, as the SDK does it, or
// listed in Capabilities when a client stands in for the driver. A capability
// that is there must work; one that is not there must be refused with
// contract.ErrUnsupported and change nothing.
//
// # Three ways
//
// The same cases run on a driver directly, through in-memory gRPC (OverGRPC),
// and against a built program in whatever language (Binary); AllWays does all
// three. Build builds the program of a plugin in Go.
//
// # The reference adapter
//
// NewReferenceBus is an adapter in memory on a simulated clock, with faults on
// demand. It is what tests of several nodes in one process join.
//
// Only tests import this package; a program that links it links package testing.
package plugintest
