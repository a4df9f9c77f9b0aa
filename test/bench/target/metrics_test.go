//go:build linux

package target

import "testing"

func TestMetricLinesAreRead(t *testing.T) {
	for name, c := range map[string]struct {
		line  string
		want  float64
		found bool
	}{
		"plain":               {"up 1", 1, true},
		"with labels":         {`up{app_id="a b",port="1"} 2.5e+06`, 2.5e6, true},
		"another that begins": {"upper 1", 0, false},
		"a comment":           {"# HELP up Whether.", 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got, ok := value(c.line, "up"); got != c.want || ok != c.found {
				t.Errorf("got %v, %v", got, ok)
			}
		})
	}
}
