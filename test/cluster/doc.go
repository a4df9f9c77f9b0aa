// Package cluster runs several real nodes over a real Redis, with real clients,
// and makes trouble: nodes that die or stop, a Redis that is stopped or lost.
// What clients and back ends are told is judged by package history, which judges
// the simulation of core/internal/replica as well.
package cluster
