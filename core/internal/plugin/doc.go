// Package plugin runs the backends of a server as separate programs and makes
// them look like parts of it.
//
// Start takes the drivers that the configuration chooses, finds the plugins
// which serve them (catalog.go, resolve.go), checks each program before it is
// executed (preflight.go, lockfile.go), starts them side by side (child.go,
// launch.go), compares the configuration with what they say of themselves
// (configure.go, schema.go), and keeps them running (supervisor.go, attend.go,
// backoff.go) until Stop. A program that somebody else runs is attached to by
// its address (dial.go) and never signalled.
//
// The methods AppManager, Cache, Queue, RateLimiter and Adapter of a Host return
// facades: they satisfy the interfaces of package contract, exist from Start
// to Stop and hide which process is there at the moment (slot.go). What a
// caller may rely on:
//
//   - An operation takes no longer than its kind's limit: app manager 2 s, cache
//     100 ms (500 with Patient), rate limiter 50 ms, adapter verdict 250 ms,
//     enqueue 1 s. It then fails with ErrTimeout.
//   - While the plugin is away, or so slow that half of the last 20 operations
//     were late, operations fail at once with ErrUnavailable; a slow one is
//     tried once a second (breaker.go).
//   - An operation that was under way when the process ended is made once more
//     at its successor if that cannot do harm and time is left; else it fails
//     with ErrGone.
//   - Jobs for a queue that is away are kept, within bounds (spill.go).
//   - What the driver cannot do is ErrUnsupported.
//
// go-plugin brings the handshake and the connection and nothing else; nothing
// that a plugin does, prints or fails to do may hurt the server. Every wait
// on a plugin has a bound, processes are killed by group, and a plugin whose
// server was killed learns it from its lifeline, a pipe, and exits.
package plugin
