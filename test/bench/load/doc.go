//go:build linux

// Package load is the other side of a measurement: cheap clients of the Pusher
// protocol, on one processor.
//
// Gather connects and subscribes sockets; a Sink reads all of them with one
// epoll set and throws away what it reads, counting bytes and, if asked, how late
// messages are. A Fleet publishes over HTTP, signed, on connections that stay
// open: message k is due at begin + k/rate and carries that time, so a server that
// stalls cannot hide behind a client that waits for it.
package load
