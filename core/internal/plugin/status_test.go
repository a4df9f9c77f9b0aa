package plugin

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/jackfield/jackfield/sdk/contract"
)

// values picks samples of one name by one label.
func values(samples []contract.Sample, name, label string) map[string]float64 {
	out := map[string]float64{}
	for _, s := range samples {
		if s.Name == name {
			out[s.Labels[label]] = s.Value
		}
	}
	return out
}

func TestSamplesOfHostAndPlugin(t *testing.T) {
	o, _ := testOptions(t, "good")
	o.Clock = newHandClock() // stands still: no restart
	h := startHost(t, o)
	if _, err := h.Cache().Set(t.Context(), "k", []byte("v"), contract.SetOptions{}); err != nil {
		t.Fatal(err)
	}
	get(t, h, "k")
	get(t, h, "k")
	samples := h.Samples(t.Context())
	if diff := cmp.Diff(map[string]float64{"get": 2, "set": 1}, values(samples, "plugin_rpc_calls_total", "method")); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]float64{"faulty-good": 1}, values(samples, "cache_entries", "plugin")); diff != "" {
		t.Errorf("the plugin's series (-want +got):\n%s", diff)
	}
	up := func() float64 { return values(h.Samples(t.Context()), "plugin_up", "driver")["fake"] }
	if up() != 1 {
		t.Error("plugin_up is not 1")
	}
	kill(t, pidOf(h), unix.SIGKILL)
	eventually(t, "plugin_up falls", func() bool { return up() == 0 })
	last := values(h.Samples(t.Context()), "cache_entries", "plugin")
	if diff := cmp.Diff(map[string]float64{"faulty-good": 1}, last); diff != "" {
		t.Errorf("the last known series (-want +got):\n%s", diff)
	}
}
