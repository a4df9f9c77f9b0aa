// Package limit says whether something may happen now.
//
//   - [Bucket] is the limit of one connection: eight bytes, owned by whoever
//     handles the connection's frames.
//   - [Keyed] limits by key, such as an app or an address, for any number of
//     goroutines and a bounded number of keys.
//   - [Leased] stands in front of a limiter that several nodes share, and spares
//     most calls to it.
//   - [ClientIP] finds the address a request came from behind proxies.
//
// The algorithm of both limits is GCRA: so many units per window, and as many
// at once. Time is the reading of a monotonic clock in nanoseconds, which the
// caller passes in; nothing here reads a clock or starts a goroutine.
package limit
