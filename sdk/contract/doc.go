// Package contract states what a backend promises to the server: five kinds
// (app manager, cache, queue, rate limiter, adapter) as plain Go interfaces,
// their value types, the errors and the capability names.
//
// Plugin authors read and write these names through package sdk, which repeats
// each of them as an alias; package wire carries them over gRPC. One interface
// serves both directions: a driver implements it, and the server's client of a
// remote driver implements the very same one, so that one conformance suite
// (sdk/plugintest) judges both.
//
// Every method may be called from several goroutines at once, returns when its
// context ends at the latest, and reports failures as one of the errors of this
// package (found with errors.Is), wrapped with whatever text helps a person.
// Abilities that not every backend has are small interfaces of their own, found
// by type assertion on the driver and declared to the server as capabilities.
package contract
