package main

import "github.com/jackfield/jackfield/sdk"

// version and commit are set by the linker.
var version, commit string

func main() {
	sdk.Serve(sdk.Plugin{
		Name:    "redis",
		Version: version,
		Commit:  commit,
		Drivers: []sdk.Driver{
			sdk.CacheDriver("redis", openCache),
			sdk.CacheDriver("redis-cluster", openCache),
			sdk.QueueDriver("redis", openQueue),
			sdk.QueueDriver("redis-cluster", openQueue),
			sdk.RateLimiterDriver("redis", openLimiter),
			sdk.RateLimiterDriver("redis-cluster", openLimiter),
			sdk.AdapterDriver("redis", openBus),
			sdk.AdapterDriver("redis-cluster", openBus),
		},
	})
}
