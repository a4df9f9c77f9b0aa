package main

import "github.com/jackfield/jackfield/sdk"

// version and commit are set by the linker.
var version, commit string

func main() {
	sdk.Serve(sdk.Plugin{
		Name:    "scylla",
		Version: version,
		Commit:  commit,
		Drivers: []sdk.Driver{sdk.AppManagerDriver("scylladb", openAppManager)},
	})
}
