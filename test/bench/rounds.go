//go:build linux

package main

// trial measures something once.
type trial[T any] func() (T, error)

// interleave takes the trials in turn, so many rounds, in an order that is
// turned around each time: what drifts meanwhile hits all alike. It returns what
// each trial measured, round by round. A round before them warms up and does not
// count.
func interleave[T any](rounds int, trials ...trial[T]) ([][]T, error) {
	measured := make([][]T, len(trials))
	for round := range rounds + 1 {
		for k := range trials {
			i := k
			if round%2 == 1 {
				i = len(trials) - 1 - k
			}
			v, err := trials[i]()
			if err != nil {
				return nil, err
			}
			if round > 0 {
				measured[i] = append(measured[i], v)
			}
		}
	}
	return measured, nil
}

// column picks one number of each value.
func column[T any](values []T, of func(T) float64) []float64 {
	numbers := make([]float64, len(values))
	for i, v := range values {
		numbers[i] = of(v)
	}
	return numbers
}
