// Plugin redis keeps cached values, jobs and what was taken from limits in Redis.
//
// The files of a driver begin with its name: cache_*, queue_*, limiter_*. What
// they share is how to get to Redis: config and tls (the options), client (pools
// that the whole process shares), sentinel, errors and retry (what a failure
// means, and what may be repeated), and script (the programs under lua/, which
// run inside Redis).
package main
