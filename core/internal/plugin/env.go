package plugin

import (
	"strings"
)

// inherited are the variables of the server's environment that every plugin
// gets. Nothing else crosses: the environment is where secrets leak.
var inherited = []string{"PATH", "HOME", "TMPDIR", "TZ", "SSL_CERT_*", "*_PROXY", "*_proxy"}

// awsPlugins read their credentials with the AWS default chain, which looks there.
var awsPlugins = map[string]bool{"dynamodb": true, "sqs": true}

// pluginEnv picks from environ what the plugin may see: the common names and
// those of extra.
func pluginEnv(environ []string, plugin string, extra []string) []string {
	patterns := append(append([]string(nil), inherited...), extra...)
	if awsPlugins[plugin] {
		patterns = append(patterns, "AWS_*")
	}
	var env []string
	for _, kv := range environ {
		name, _, ok := strings.Cut(kv, "=")
		if ok && matchesAny(patterns, name) {
			env = append(env, kv)
		}
	}
	return env
}

func matchesAny(patterns []string, name string) bool {
	for _, p := range patterns {
		if matches(p, name) {
			return true
		}
	}
	return false
}

// matches is whether name is pattern, where one "*" at either end stands for
// any text.
func matches(pattern, name string) bool {
	if rest, ok := strings.CutPrefix(pattern, "*"); ok {
		return strings.HasSuffix(name, rest) && name != rest
	}
	if start, ok := strings.CutSuffix(pattern, "*"); ok {
		return strings.HasPrefix(name, start)
	}
	return pattern == name
}
