package stat

import (
	"math"
	"slices"
)

// Spread is the median of a series with its quartiles.
type Spread struct {
	Low    float64 `json:"low"`
	Median float64 `json:"median"`
	High   float64 `json:"high"`
	// N is how many values there were.
	N int `json:"rounds"`
}

// Of describes values. Without any, everything is NaN.
func Of(values ...float64) Spread {
	sorted := slices.Sorted(slices.Values(values))
	return Spread{quantile(sorted, 0.25), quantile(sorted, 0.5), quantile(sorted, 0.75), len(sorted)}
}

// quantile interpolates between the neighbours of the rank.
func quantile(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return math.NaN()
	}
	rank := q * float64(len(sorted)-1)
	below := int(rank)
	if below == len(sorted)-1 {
		return sorted[below]
	}
	return sorted[below] + (rank-float64(below))*(sorted[below+1]-sorted[below])
}

// Ratios divides the values of two series round by round.
func Ratios(a, b []float64) []float64 {
	ratios := make([]float64, min(len(a), len(b)))
	for i := range ratios {
		ratios[i] = a[i] / b[i]
	}
	return ratios
}

// Gate is the range in which a figure must lie.
type Gate struct {
	Least, Most float64
}

// AtMost admits bar and less.
func AtMost(bar float64) *Gate { return &Gate{math.Inf(-1), bar} }

// AtLeast admits bar and more.
func AtLeast(bar float64) *Gate { return &Gate{bar, math.Inf(1)} }

// Within admits what differs from value by no more than by.
func Within(value, by float64) *Gate { return &Gate{value - by, value + by} }

// Broken reports whether no part of the interval between the quartiles is
// admitted; a figure that could not be measured is broken too.
func (g *Gate) Broken(s Spread) bool {
	return math.IsNaN(s.Median) || s.Low > g.Most || s.High < g.Least
}
