//go:build linux

package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/jackfield/jackfield/test/bench/stat"
)

// allocations runs the tests that count allocations, and the benchmarks of the
// envelope, where they are written: beside the code.
func (s *suite) allocations() error {
	out, err := s.bench.Go("test", "-count=1", "-v", "-run", "AllocatesNothing|AllocateNothing",
		"./core/internal/hub", "./core/internal/frame", "./core/internal/pusher")
	if err != nil {
		return err
	}
	passed := strings.Count(out, "--- PASS: ")
	s.add("paths of delivery and envelope that allocate", "", stat.Of(float64(strings.Count(out, "--- FAIL: "))), stat.AtMost(0),
		fmt.Sprintf("%d paths", passed))
	if passed == 0 {
		return fmt.Errorf("no test counts allocations:\n%s", out)
	}
	out, err = s.bench.Go("test", "-run", "^$", "-bench", "ParseEnvelope|AppendEvent", "-benchtime", "1000x", "-benchmem", "./core/internal/pusher")
	if err != nil {
		return err
	}
	for _, b := range benchmarks(out) {
		s.add("allocations, "+b.name, "", stat.Of(b.allocs), stat.AtMost(0), "")
	}
	return nil
}

type benchmark struct {
	name   string
	allocs float64
}

// benchmarks reads what go test -benchmem prints.
func benchmarks(out string) []benchmark {
	var found []benchmark
	for line := range strings.Lines(out) {
		f := strings.Fields(line)
		if len(f) < 2 || !strings.HasPrefix(f[0], "Benchmark") || f[len(f)-1] != "allocs/op" {
			continue
		}
		n, err := strconv.ParseFloat(f[len(f)-2], 64)
		if err != nil {
			continue
		}
		name, _, _ := strings.Cut(strings.TrimPrefix(f[0], "Benchmark"), "-")
		found = append(found, benchmark{name, n})
	}
	return found
}
