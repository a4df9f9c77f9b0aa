// Command jackfield is the realtime server. It reads its configuration from
// flags, the environment and a file, and reports everything that is wrong with
// it before it starts anything.
//
// The exit status is 0 after an orderly end, 1 if the server could not start or
// had to give up, and 2 if the command line is wrong. The commands that look after
// apps end with 3 if there is no such app and 4 if somebody else was quicker.
package main

import "os"

func main() {
	os.Exit(run(os.Args[1:], os.Environ(), os.Stdout, os.Stderr))
}
