// Package frame writes the WebSocket frames of a server: final, unmasked, and
// without extensions, so that the same bytes can be sent to any number of
// clients.
//
// All functions append to dst and return it, like the built-in append. They
// keep nothing and may be called at the same time.
package frame
