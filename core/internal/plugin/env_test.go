package plugin

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPluginEnvIsAnAllowList(t *testing.T) {
	environ := []string{
		"PATH=/bin", "HOME=/root", "TZ=UTC", "SSL_CERT_FILE=/c", "HTTPS_PROXY=p", "no_proxy=n", "_PROXY=x",
		"AWS_REGION=eu", "REDIS_URL=redis://:secret@h", "MY_KEY=1", "MY_OTHER=2", "NAME=n", "PATHS=x", "broken",
	}
	common := []string{"PATH=/bin", "HOME=/root", "TZ=UTC", "SSL_CERT_FILE=/c", "HTTPS_PROXY=p", "no_proxy=n"}
	tests := []struct {
		name, plugin string
		extra        []string
		want         []string
	}{
		{"common names only", "redis", nil, common},
		{"aws for sqs", "sqs", nil, append(common[:len(common):len(common)], "AWS_REGION=eu")},
		{"named ones", "redis", []string{"MY_*", "NAME"}, append(common[:len(common):len(common)], "MY_KEY=1", "MY_OTHER=2", "NAME=n")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, pluginEnv(environ, tt.plugin, tt.extra)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
