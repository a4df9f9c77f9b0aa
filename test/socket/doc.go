// Package socket is the WebSocket under the clients of the other tests: the
// upgrade, masked texts, whole frames. It takes a server at its word; packages
// conversation and rfc6455 have clients of their own, which do not.
package socket
