package main

import (
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/jackfield/jackfield/sdk/plugintest"
	"github.com/jackfield/jackfield/sdk/testserver"
)

// build is the program that the suites check.
var build plugintest.Build

func TestMain(m *testing.M) {
	code := testserver.Run(m)
	build.Remove()
	if code == 0 {
		if err := goleak.Find(goleak.IgnoreAnyFunction("github.com/jackfield/jackfield/sdk/testserver.init.func1.1")); err != nil {
			println(err.Error())
			code = 1
		}
	}
	os.Exit(code)
}
