//go:build linux

package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestBenchmarksAreRead(t *testing.T) {
	got := benchmarks(`goos: linux
BenchmarkParseEnvelope/1KB-2  	    1000	       434.6 ns/op	1854.52 MB/s	       0 B/op	       0 allocs/op
BenchmarkOther 	    1000	       90 ns/op	       8 B/op	       1 allocs/op
PASS
`)
	want := []benchmark{{"ParseEnvelope/1KB", 0}, {"Other", 1}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(benchmark{})); diff != "" {
		t.Error(diff)
	}
}
