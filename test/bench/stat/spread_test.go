package stat

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSpreads(t *testing.T) {
	for name, c := range map[string]struct {
		values []float64
		want   Spread
	}{
		"one value is all of its spread":     {[]float64{7}, Spread{7, 7, 7, 1}},
		"an odd number, in any order":        {[]float64{5, 1, 4, 2, 3}, Spread{2, 3, 4, 5}},
		"between two values it interpolates": {[]float64{1, 2, 3, 4}, Spread{1.75, 2.5, 3.25, 4}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, Of(c.values...)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRatiosPairTheRounds(t *testing.T) {
	if diff := cmp.Diff([]float64{2, 0.5}, Ratios([]float64{4, 1, 9}, []float64{2, 2})); diff != "" {
		t.Error(diff)
	}
}

func TestOnlyAWholeIntervalBreaksAGate(t *testing.T) {
	nan := math.NaN()
	for name, c := range map[string]struct {
		gate   *Gate
		spread Spread
		broken bool
	}{
		"below":                         {AtMost(1.25), Spread{1, 1.1, 1.2, 15}, false},
		"median above, quartile below":  {AtMost(1.25), Spread{1.2, 1.3, 1.4, 15}, false},
		"quartile on the bar":           {AtMost(1.25), Spread{1.25, 1.3, 1.4, 15}, false},
		"all above":                     {AtMost(1.25), Spread{1.26, 1.3, 1.4, 15}, true},
		"at least, upper quartile over": {AtLeast(10), Spread{8, 9, 10, 15}, false},
		"at least, all under":           {AtLeast(10), Spread{8, 9, 9.9, 15}, true},
		"within":                        {Within(1, 0.02), Spread{1, 1.01, 1.02, 15}, false},
		"too few":                       {Within(1, 0.02), Spread{0.9, 0.95, 0.97, 15}, true},
		"too many":                      {Within(1, 0.02), Spread{1.03, 1.04, 1.05, 15}, true},
		"nothing measured":              {AtMost(1), Spread{nan, nan, nan, 0}, true},
	} {
		t.Run(name, func(t *testing.T) {
			if got := c.gate.Broken(c.spread); got != c.broken {
				t.Errorf("broken is %v", got)
			}
		})
	}
}
