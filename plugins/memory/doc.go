// Plugin memory keeps apps, cached values and jobs in the memory of its process.
//
// The files of a driver begin with its name: app_*, cache_*, queue_*. Where a
// driver has rules worth thinking about, they stand in a type without lock and
// clock (lru, store), and the driver around it adds both.
package main
