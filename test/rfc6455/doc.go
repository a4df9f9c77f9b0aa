// Package rfc6455 proves that the server speaks WebSocket as RFC 6455 and, with
// compression, RFC 7692 want it.
//
// There are two runs. The cases of the Autobahn test suite (framing, reserved bits,
// opcodes, fragmentation, UTF-8, close handshake, sizes) need a server that sends
// back what it gets, so they talk to package ws with an owner that does; kosoku,
// which "make deps" installs at the version of requirements.txt, carries them out.
// Tables of cases by section number talk to the built server, over plain TCP and
// over TLS.
package rfc6455
