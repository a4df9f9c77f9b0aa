package core

import (
	"slices"
	"testing"
)

func TestMemoryIsGivenBackAfterAStorm(t *testing.T) {
	var tr trimmer
	var due []int
	for second, connections := range []int{0, 10, 400, 400, 3000, 8000, 10000, 10050, 10050, 10100, 10600, 11500, 11500, 2000, 10, 10, 10} {
		if tr.due(connections) {
			due = append(due, second)
		}
	}
	// After the ramp to 10 000, after the ramp to 11 500, after all have left.
	if want := []int{7, 12, 15}; !slices.Equal(due, want) {
		t.Errorf("given back at seconds %v, want %v", due, want)
	}
}
