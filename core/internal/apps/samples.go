package apps

import (
	"context"
	"errors"

	"github.com/jackfield/jackfield/sdk/contract"
)

// callResult is how a question to the store ended.
type callResult int

const (
	callFound callResult = iota
	callAbsent
	callFailed
	callResults
)

var callResultNames = [callResults]string{"found", "absent", "error"}

func (r *Registry) count(err error) {
	result := callFound
	switch {
	case errors.Is(err, contract.ErrNotFound):
		result = callAbsent
	case err != nil:
		result = callFailed
	}
	r.calls[result].Add(1)
}

// Samples are the series of look-ups; names are without prefix.
func (r *Registry) Samples(context.Context) []contract.Sample {
	out := []contract.Sample{
		{Name: "apps_held", Help: "Apps that this node holds.", Kind: contract.Gauge, Value: float64(r.Len())},
		{
			Name: "app_lookups_refused_total", Help: "Look-ups of apps not held that were kept from the store.",
			Kind: contract.Counter, Value: float64(r.guard.refused.Load()),
		},
	}
	for i, name := range callResultNames {
		out = append(out, contract.Sample{
			Name: "app_store_calls_total", Help: "Questions to the app store.", Kind: contract.Counter,
			Labels: map[string]string{"result": name}, Value: float64(r.calls[i].Load()),
		})
	}
	return out
}
