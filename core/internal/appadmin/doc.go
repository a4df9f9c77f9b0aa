// Package appadmin is what operators can do with apps: list, show, add, change,
// give a new secret, remove.
//
// A Service does it with an app manager; package admin serves it over HTTP, and
// its Client offers the same methods, so that the command line works with either
// through the interface Admin. Documents are JSON objects in the flat form of the
// configuration file, with the field "revision". Secrets, and the headers of
// webhooks, are left out or hidden unless they are asked for.
//
// A change is a JSON merge patch (RFC 7396) of the document: what it does not name
// stays, null goes back to the server's setting. It is applied to the app as it is
// in the store, and written only if nobody else has changed the app meanwhile; a
// caller who names the revision that he saw is told if it is no longer that one.
//
// Errors are those of the contract: ErrNotFound, ErrConflict, ErrInvalid,
// ErrUnsupported, ErrUnavailable and so on, with a text for people. All methods
// may be called at the same time.
package appadmin
