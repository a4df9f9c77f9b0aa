// Package core is the server: it wires the parts together, starts them in
// order and stops them in order.
//
// Run serves a configuration until its context ends. The way in: ws accepts a
// connection and hands it to session, which finds the app in apps and subscribes
// in hub; rest takes a publish and puts it into the hub's logs; the hub's workers
// write to the sockets. Plugins are asked only off that way: for apps that are
// not held, for shared limits, for the cache, and to queue jobs.
package core
