// Package cacherules holds what a cache's driver checks by itself before it asks
// its backend: the sizes of keys and values, and what a lifetime may be.
//
// The bounds are those of the contract. A backend with narrower ones checks
// them beside these. All functions may be called at the same time.
package cacherules
