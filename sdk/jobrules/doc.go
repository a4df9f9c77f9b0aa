// Package jobrules holds the rules that a queue's driver applies by itself before
// it asks its backend: what a job, the name of a queue and a lease may be, and
// how long a job waits for its next attempt.
//
// The bounds are those of the contract. A backend with narrower ones checks
// them beside these. All functions may be called at the same time.
package jobrules
