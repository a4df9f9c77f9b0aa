// Package wire carries the contract over gRPC. It is the only package that
// knows protobuf; on both sides of it people see package contract.
//
// The server's side: a connection to a plugin (dialled with DialOptions) is
// asked through Lifecycle what the plugin can do and told to open drivers;
// NewAppManager, NewCache, NewQueue, NewRateLimiter and NewAdapter then return
// clients that satisfy the interfaces which the drivers satisfy.
//
// The plugin's side: a Server holds the drivers that a plugin offers, opens
// them when Lifecycle.Configure says so, and answers for them. Package sdk
// wires it up; tests register one on a server of their own.
//
// Operations of the app manager, cache, queue and rate limiter travel in
// batches. Many callers share one stream: a client's combiner sends what is
// queued as soon as one of four message slots is free, so a lone operation
// leaves at once and a crowd shares messages. Nothing waits for a timer.
// Operations that name the same key are executed in the order sent, others in
// any order, and a slow one does not hold up its neighbours.
//
// Clients may be used from any number of goroutines. Each must be closed; that
// does not close the connection.
package wire
