// Package interop lets real clients drive the built binaries: pusher-js and
// laravel-echo as subscribers, the official pusher package as the back end.
//
// The tests are the *.test.mjs files, run by Node.js; each gets a server of its
// own, whose address stands in the environment (clients.mjs reads it). A test
// that needs the server to go away asks the control address for it. "make deps"
// installs Node.js and the clients, whose versions are pinned in
// package-lock.json.
package interop
