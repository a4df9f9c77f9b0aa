// Package appcache keeps copies of apps in the shared cache, so that a node that
// does not hold an app finds it there instead of in the store.
//
// A Cache is what apps.Options.Shared wants. Under "app:" + id stands a record,
// a JSON object; under "app_key:" + key stands the id. (The cache's driver puts
// its prefix before both.) A record shows, for other readers, what the app is
// called and may do, without secrets and webhooks. What this package itself
// believes is the whole app in the field "sealed": encrypted and authenticated
// with a key that all nodes derive from the configuration. Without such a key
// nothing is sealed, and Find finds nothing: the store is asked.
//
// A record never replaces one with a higher revision. An app that was deleted or
// changed leaves a mark for a few seconds, so that a slow reader cannot put back
// what it read before.
//
// Find waits at most the timeout; a cache that is away or slow counts as one that
// holds nothing. Put and Forget only queue: one goroutine writes, in order, and a
// full queue drops what comes, which is counted. Call Start before the first use
// and Stop after the last. All methods may be called at the same time.
package appcache
