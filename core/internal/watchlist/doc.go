// Package watchlist tells signed-in users when the users whom they watch come
// online and go offline.
//
// A Table is told when the first connection of a user signs in and when the last
// one has gone. A connection with a watchlist becomes a Watcher: it is told at
// once who of its list is online and who is not, and then of the changes,
// collected over a short time. A user who is back within the grace time was
// never away. One goroutine at a time tells, in the order of the changes; all
// methods may be called at the same time.
package watchlist
