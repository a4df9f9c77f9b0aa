// Package ws owns the sockets: it accepts connections, upgrades them, and is
// the only door to the gws library.
//
// A Server takes connections from one listener. What asks for a WebSocket under
// /app/ is upgraded on a path of its own, everything else is handed to net/http
// with the bytes already read played back. Each upgraded connection costs one
// goroutine, gws's reader; there is no writer goroutine and no timer.
//
// A Conn has one exit. Whatever is written to it, by a delivery worker, a
// session or gws itself, goes through Conn, never blocks, and never cuts a frame
// of somebody else: what the kernel refuses is parked on that connection up to
// a cap, a goroutine that lives only while something is parked brings it to the
// kernel, and a client that stays behind the cap is reported to its owner. Over
// TLS the encryption lies on top of that parking lot, so that it never sees a
// time-out and never holds up a caller.
//
// The layers from the wire up: outlet (descriptor, parking), tls.Conn if
// configured, Conn (close handshake, net.Conn for gws), Owner (the session).
package ws
