// Plugin memory keeps apps, cached values and jobs in the memory of its process.
//
// The files of a driver begin with its name: app_*, cache_*, queue_*. Where a
// driver has rules worth thinking about, they stand in a type without lock and
// clock (lru, store), and the driver around it adds both.
package main

import "github.com/jackfield/jackfield/sdk"

// version and commit are set by the linker.
var version, commit string

func main() {
	sdk.Serve(sdk.Plugin{
		Name:    "memory",
		Version: version,
		Commit:  commit,
		Drivers: []sdk.Driver{
			sdk.AppManagerDriver("memory", openAppManager),
			sdk.CacheDriver("memory", openCache),
			sdk.QueueDriver("memory", openQueue),
		},
	})
}
