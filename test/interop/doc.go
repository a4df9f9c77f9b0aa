// Package interop lets real clients drive the built binaries: pusher-js and
// laravel-echo as subscribers, in Node.js and in pages of a headless Chromium,
// and the official pusher package as the back end.
//
// The tests are the *.test.mjs files, run by Node.js; each gets a server of its
// own, whose address stands in the environment (clients.mjs reads it), once
// without and once with compression. A test that needs the server or an app to go
// away asks the control address for it. Pages and scripts for the browser (browser.mjs,
// page.js) are served by the tests themselves. "make deps" installs Node.js,
// Chromium and the clients, whose versions are pinned in package-lock.json.
package interop
