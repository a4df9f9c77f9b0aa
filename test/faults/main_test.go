package faults

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackfield/jackfield/sdk/testserver"
	"github.com/jackfield/jackfield/test/launch"
)

var built *launch.Binaries

func TestMain(m *testing.M) {
	var err error
	launch.AtATime(8)
	if built, err = launch.Build("redis", "sqs", "sql", "dynamodb", "scylla"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := testserver.Run(m)
	built.Remove()
	os.Exit(code)
}

// until waits for a condition.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	if !reaches(ok) {
		t.Fatalf("waited for %s in vain", what)
	}
}

// reaches waits for a condition and reports whether it came true.
func reaches(ok func() bool) bool {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	end := time.After(patience)
	for !ok() {
		select {
		case <-tick.C:
		case <-end:
			return false
		}
	}
	return true
}

// children returns the processes that the server has started.
func children(pid int) []int {
	var pids []int
	tasks, _ := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	for _, task := range tasks {
		b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%s/children", pid, task.Name()))
		for f := range strings.FieldsSeq(string(b)) {
			if n, err := strconv.Atoi(f); err == nil {
				pids = append(pids, n)
			}
		}
	}
	return pids
}

// metric is the sum of all series of a name on the metrics port whose labels
// contain the given text.
func metric(t *testing.T, s *launch.Server, name, labels string) float64 {
	t.Helper()
	resp, err := http.Get(fmt.Sprintf("http://127.0.0.1:%d/metrics", s.MetricsPort))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for line := range strings.Lines(string(text)) {
		series, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		bare, rest, _ := strings.Cut(series, "{")
		if bare == name && strings.Contains(rest, labels) {
			v, _ := strconv.ParseFloat(value, 64)
			sum += v
		}
	}
	return sum
}
