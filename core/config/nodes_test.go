package config

import (
	"strings"
	"testing"
)

func FuzzAddresses(f *testing.F) {
	for _, text := range []string{
		"h", "h:1", "[::1]:6379", "::1", "redis://u:p@h:1/2?db=3", "rediss://h", "unix:///x?db=1", "redis://", "h:0", "redis://h:99999", "%",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if node, err := parseNode(text, RedisNode{Port: 7000}); err == nil && (node.Host == "" || node.Port == 0) {
			t.Errorf("%q is read as %+v", text, node)
		}
		c, err := parseRedisURL(text)
		if err == nil && (len(c.Addresses) != 1 || c.Addresses[0] == "") {
			t.Errorf("%q is read as %+v", text, c)
		}
		if err != nil && len(text) > 12 && strings.Contains(err.Error(), text) {
			t.Errorf("the error repeats %q", text)
		}
	})
}
