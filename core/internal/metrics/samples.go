package metrics

import (
	"maps"
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/jackfield/jackfield/sdk/contract"
)

// family is what all samples of one name must share.
type family struct {
	help string
	kind contract.SampleKind
}

// collectSamples shows the samples of others. Prometheus would refuse the whole
// answer for one malformed or repeated series, so what does not fit is left out.
func (c *collector) collectSamples(out chan<- prometheus.Metric) {
	families := map[string]family{}
	shown := map[string]bool{}
	for _, s := range c.registry.samples() {
		f, known := families[s.Name]
		if !known {
			f = family{help: s.Help, kind: s.Kind}
		}
		names := slices.Sorted(maps.Keys(s.Labels))
		id := seriesID(s, names)
		if c.own[s.Name] != nil || f.kind != s.Kind || shown[id] || !validNames(s.Name, names) {
			continue
		}
		families[s.Name] = f
		shown[id] = true
		out <- c.sample(s, f, names)
	}
}

func (c *collector) sample(s contract.Sample, f family, names []string) prometheus.Metric {
	values := make([]string, len(names))
	for i, name := range names {
		values[i] = strings.ToValidUTF8(s.Labels[name], "?")
	}
	kind := prometheus.GaugeValue
	if f.kind == contract.Counter {
		kind = prometheus.CounterValue
	}
	desc := prometheus.NewDesc(c.prefix+s.Name, strings.ToValidUTF8(f.help, "?"), names, nil)
	return prometheus.MustNewConstMetric(desc, kind, s.Value, values...)
}

// seriesID is equal for samples that would be the same series.
func seriesID(s contract.Sample, names []string) string {
	var b strings.Builder
	b.WriteString(s.Name)
	for _, name := range names {
		b.WriteString("\x00" + name + "\x00" + strings.ToValidUTF8(s.Labels[name], "?"))
	}
	return b.String()
}

// validNames tells whether the name of a series and of its labels are words that
// every version of Prometheus reads.
func validNames(name string, labels []string) bool {
	if !validName(name) {
		return false
	}
	for _, l := range labels {
		if !validName(l) || strings.HasPrefix(l, "__") {
			return false
		}
	}
	return true
}

func validName(s string) bool {
	for i := range len(s) {
		letter := s[i] == '_' || 'a' <= s[i]|0x20 && s[i]|0x20 <= 'z'
		if !letter && (i == 0 || s[i] < '0' || s[i] > '9') {
			return false
		}
	}
	return s != ""
}
