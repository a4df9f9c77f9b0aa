// Command filestore is a plugin for tests: an app store and a cache whose contents
// are files, so that a test sees what is in them, changes it as another program
// would, and makes them fail. Several servers may share a directory.
//
// In the directory of the store: ID.json holds {"revision": 1, "app": {...}};
// "calls" gets a line for each question; "mode" may say "down" or "slow". In that of
// the cache: one file per key, its name escaped as in a URL, with the value; "mode"
// as above. Lifetimes are kept in the time of the file's last change, as the moment
// at which it ends.
package main
