package launch

import (
	"flag"
	"strconv"
)

// AtATime lets n parallel tests run at a time unless -parallel says otherwise: tests
// that watch servers mostly wait, so there may be more of them than processors. A
// TestMain calls it before the tests.
func AtATime(n int) {
	if !flag.Parsed() {
		flag.Parse()
	}
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if !given {
		_ = flag.Set("test.parallel", strconv.Itoa(n)) // the flag exists and takes numbers
	}
}
