package main

import "github.com/jackfield/jackfield/sdk"

// version and commit are set by the linker.
var version, commit string

func main() {
	sdk.Serve(sdk.Plugin{
		Name:    "sqs",
		Version: version,
		Commit:  commit,
		Drivers: []sdk.Driver{sdk.QueueDriver("sqs", openQueue)},
	})
}
