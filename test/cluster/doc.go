// Package cluster runs several real nodes over a real Redis, with real clients,
// and makes trouble: nodes that die or stop, a Redis that is stopped, lost, cut
// off or replaced by its replica.
// What clients and back ends are told is judged by package history, which judges
// the simulation of core/internal/replica as well.
package cluster
