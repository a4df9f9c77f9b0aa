package main

import (
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/jackfield/jackfield/sdk/testserver"
)

// buildDir is where the program is built; gone after the tests.
var buildDir string

func TestMain(m *testing.M) {
	var err error
	if buildDir, err = os.MkdirTemp("", "sql-plugin"); err != nil {
		panic(err)
	}
	code := testserver.Run(m)
	_ = os.RemoveAll(buildDir)
	if code == 0 {
		if err := goleak.Find(goleak.IgnoreAnyFunction("github.com/jackfield/jackfield/sdk/testserver.init.func1.1")); err != nil {
			println(err.Error())
			code = 1
		}
	}
	os.Exit(code)
}
