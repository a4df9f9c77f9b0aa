// Package directory shows in the shared cache who is in presence channels and
// which users are signed in, for programs that want to read it quickly.
//
// It is told that the members of a channel have changed, or that a user has come
// or gone, and writes a moment later what is then true: under
// "presence:" + app id + ":" + channel the list of members, under
// "user:" + app id + ":" + user id that the user is there. (The cache's driver
// puts its prefix before.) Entries live 60 s, are renewed while there is somebody,
// and are deleted when nobody is left.
//
// Nothing waits for it and nothing is decided by it. Being told costs a map
// access; one goroutine reads the members and writes, many entries in one go. A
// cache that is away is skipped and counted, and what was skipped is written with
// the next renewal. Every node writes what it knows, so that in a cluster the last
// one to write counts until the next renewal.
//
// Call Start before the first change and Stop after the last. All methods may be
// called at the same time.
package directory
