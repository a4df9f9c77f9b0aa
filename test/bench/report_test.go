//go:build linux

package main

import (
	"testing"

	"github.com/jackfield/jackfield/test/bench/stat"
)

func TestNumbersAreShort(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0", 0.0123: "0.0123", 0.98: "0.98", 1.255: "1.25", 12.34: "12.3", 123.4: "123", 1234.6: "1 235", 100_002: "100 002", 12_345_678: "12 345 678",
	} {
		if got := number(v); got != want {
			t.Errorf("%v is printed as %q, want %q", v, got, want)
		}
	}
}

func TestTheVerdictIsThatOfTheBars(t *testing.T) {
	over := stat.Of(2)
	for name, c := range map[string]struct {
		glance bool
		gate   *stat.Gate
		ok     bool
	}{
		"without a bar":             {false, nil, true},
		"within the bar":            {false, stat.AtMost(2), true},
		"over the bar":              {false, stat.AtMost(1), false},
		"over the bar, at a glance": {true, stat.AtMost(1), true},
	} {
		t.Run(name, func(t *testing.T) {
			r := &report{glance: c.glance}
			r.add("figure", "x", over, c.gate, "")
			if got := r.summary(); got != c.ok {
				t.Errorf("verdict is %v", got)
			}
		})
	}
}
