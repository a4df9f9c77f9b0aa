package faults

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/jackfield/jackfield/test/launch"
)

// settled is the number of goroutines of a server at rest. A scrape costs a few
// for itself, more or fewer by chance, and the first one opens what later ones
// use again: so it is the middle of many.
func settled(t *testing.T, s *launch.Server) float64 {
	t.Helper()
	const scrapes = 21
	metric(t, s, "go_goroutines", "")
	seen := make([]float64, scrapes)
	for i := range seen {
		seen[i] = metric(t, s, "go_goroutines", "")
	}
	slices.Sort(seen)
	return seen[scrapes/2]
}

// surplus ends the server and tells which goroutines it has that a new server,
// through which a few connections went, has not.
func surplus(t *testing.T, s *launch.Server) string {
	t.Helper()
	fresh := built.Start(t, launch.Options{})
	churn(t, fresh, 100)
	settled(t, fresh)
	until(t, "all connections to be gone", func() bool { return metric(t, fresh, "sockudo_connected", "") == 0 })
	has, should := census(dump(t, s)), census(dump(t, fresh))
	var b strings.Builder
	for _, what := range slices.Sorted(maps.Keys(has)) {
		if more := has[what] - should[what]; more > 0 {
			fmt.Fprintf(&b, "%d more in %s\n", more, what)
		}
	}
	return b.String()
}

func dump(t *testing.T, s *launch.Server) string {
	t.Helper()
	text, err := s.Dump()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// census counts goroutines by where they are and who started them.
func census(dump string) map[string]int {
	count := map[string]int{}
	for stack := range strings.SplitSeq(dump, "\n\n") {
		head, calls, _ := strings.Cut(strings.TrimSpace(stack), "\n")
		if strings.HasPrefix(head, "goroutine ") {
			count[place(calls)]++
		}
	}
	return count
}

// place names the functions of a stack from the inmost to the one that was started.
func place(calls string) string {
	var names []string
	for line := range strings.Lines(calls) {
		if strings.HasPrefix(line, "\t") {
			continue
		}
		name, _, _ := strings.Cut(strings.TrimSpace(line), " in goroutine ")
		if i := strings.LastIndexByte(name, '('); i > 0 && !strings.HasPrefix(name, "created by ") {
			name = name[:i] // without the arguments
		}
		names = append(names, name)
	}
	return strings.Join(names, " < ")
}

// A server that holds more than it should is told from a new one.
func TestSurplusNamesGoroutines(t *testing.T) {
	s := built.Start(t, launch.Options{})
	for range 3 {
		c, err := dial(s.Port, "app-key")
		if err != nil {
			t.Fatal(err)
		}
		defer c.conn.Close()
	}
	settled(t, s)
	if got := surplus(t, s); !strings.Contains(got, "3 more in ") || !strings.Contains(got, "ws.(*Conn).readLoop") {
		t.Errorf("three readers, but: %s", got)
	}
}
