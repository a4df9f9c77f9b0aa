// Package admin is the HTTP interface for operators: apps can be looked at and
// changed; dead letters of webhooks can be listed, replayed and purged.
//
// New makes the handler of /admin/. Each call must bear the token; without a
// configured token nothing is there, and an address that presents wrong ones has
// to wait. The same package has the Client that the command line uses, so that
// both agree on the form of bodies.
package admin
