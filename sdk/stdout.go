package sdk

import "os"

// realStdout is the program's standard output. Started by a server, it belongs
// to the handshake, and whatever the program, its libraries and its children
// print goes to standard error instead, from before main on.
var realStdout = guardStdout()

func guardStdout() *os.File {
	if !startedByServer() {
		return os.Stdout
	}
	private := detachStdout()
	os.Stdout = os.Stderr
	return private
}
