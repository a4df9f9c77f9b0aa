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
			sdk.AdapterDriver("redis", openBus),
			sdk.AdapterDriver("redis-cluster", openBus),
		},
	})
}
