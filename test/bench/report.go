//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strings"
	"time"

	"github.com/jackfield/jackfield/test/bench/stat"
)

// row is a line of the table.
type row struct {
	Figure string `json:"figure"`
	Unit   string `json:"unit"`
	stat.Spread
	Bar  string `json:"bar,omitempty"`
	Red  bool   `json:"red"`
	Note string `json:"note,omitempty"`
}

// report collects rows and prints each at once.
type report struct {
	rows   []row
	failed int
	// glance: rounds and crowds are too small for a verdict.
	glance bool
}

const layout = "%-62s %10s %-21s %-6s %-14s %s\n"

func (r *report) header(sc scale) {
	fmt.Printf("%d rounds of %v, load average %s\n\n", sc.rounds, sc.slice, loadAverage())
	fmt.Printf(layout, "figure", "median", "[quartiles]", "unit", "bar", "")
}

func loadAverage() string {
	b, _ := os.ReadFile("/proc/loadavg")
	if f := strings.Fields(string(b)); len(f) > 3 {
		return strings.Join(f[:3], " ")
	}
	return "unknown"
}

// add prints a row. A nil gate means that the figure is there to be read.
func (r *report) add(figure, unit string, s stat.Spread, gate *stat.Gate, note string) {
	w := row{Figure: figure, Unit: unit, Spread: s, Note: note}
	mark := ""
	if gate != nil {
		w.Bar, w.Red, mark = bar(*gate), gate.Broken(s), "ok"
	}
	switch {
	case w.Red && r.glance:
		w.Red, mark = false, "over, at a glance"
	case w.Red:
		mark = "RED"
	}
	r.rows = append(r.rows, w)
	quartiles := ""
	if s.N > 1 {
		quartiles = "[" + number(s.Low) + " - " + number(s.High) + "]"
	}
	fmt.Printf(layout, figure, number(s.Median), quartiles, unit, w.Bar, strings.TrimSpace(mark+"  "+note))
}

func (r *report) fail(name string, err error) {
	r.failed++
	fmt.Printf("%-62s FAILED: %v\n", name, err)
}

func (r *report) progress(name string, took time.Duration) {
	fmt.Fprintf(os.Stderr, "  (%s took %v, load average %s)\n", name, took.Round(time.Second), loadAverage())
}

// summary prints the verdict and reports whether nothing is red.
func (r *report) summary() bool {
	red, gates := 0, 0
	for _, w := range r.rows {
		if w.Bar != "" {
			gates++
		}
		if w.Red {
			red++
		}
	}
	fmt.Printf("\n%d bars, %d missed, %d figures failed; load average %s\n", gates, red, r.failed, loadAverage())
	return red == 0 && r.failed == 0
}

func (r *report) writeJSON(path string) error {
	b, err := json.MarshalIndent(r.rows, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(b, '\n'), 0o644)
}

func bar(g stat.Gate) string {
	switch {
	case math.IsInf(g.Least, -1):
		return "<= " + number(g.Most)
	case math.IsInf(g.Most, 1):
		return ">= " + number(g.Least)
	}
	return number(g.Least) + " to " + number(g.Most)
}

// number prints three digits that count, and thousands apart.
func number(v float64) string {
	switch abs := math.Abs(v); {
	case abs >= 1000:
		return thousands(int64(math.Round(v)))
	case abs >= 100 || v == 0:
		return fmt.Sprintf("%.0f", v)
	case abs >= 10:
		return fmt.Sprintf("%.1f", v)
	case abs >= 0.1:
		return fmt.Sprintf("%.2f", v)
	}
	return fmt.Sprintf("%.3g", v)
}

func thousands(n int64) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return thousands(n/1000) + fmt.Sprintf(" %03d", n%1000)
}
