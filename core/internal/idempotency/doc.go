// Package idempotency lets a back end repeat a request without its being done
// twice.
//
// A Ledger remembers, under the key that the back end chose, that a request is
// being worked on and then its answer. Begin says what is to be done with a
// request: work on it and end the Claim with Commit or Release, or send the
// answer of the first one. The same key with another body is ErrConflict; a
// request that comes while the first is under way waits a moment for its answer,
// then ErrBusy.
//
// The ledger lies over the shared cache, so that it holds for all nodes. Without
// one, and while it is away, it lies over a bounded table in memory. The entry of
// a key is the JSON object
//
//	{"fingerprint":"<SHA-256 of the body>","answer":"<the answer>"}
//
// without answer as long as the request is worked on.
package idempotency
