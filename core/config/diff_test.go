package config

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDifferences(t *testing.T) {
	before := mustLoad(t, "c.json", `{"port": 1, "app_manager": {"array": {"apps": [{"id": "1", "key": "k", "secret": "hunter2", "enabled": true}]}},
		"plugins": {"a": {"path": "/a"}, "b": {"path": "/b"}}, "cleanup": {"batch_size": 7}}`)
	after := mustLoad(t, "c.json", `{"port": 2, "app_manager": {"array": {"apps": [{"id": "1", "key": "k", "secret": "hunter3", "enabled": true}]}},
		"event_limits": {"max_batch_size": 3}, "admin": {"token": "hunter2"}, "plugins": {"b": {"path": "/c"}, "c": {"path": "/c"}}}`)
	want := []Difference{
		{"port", false},
		{"app_manager.array.apps", true},
		{"event_limits.max_batch_size", true},
		{"admin.token", false},
		{"plugins.a.path", false},
		{"plugins.b.path", false},
		{"plugins.c.path", false},
	}
	if diff := cmp.Diff(want, before.Differences(after)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]Difference(nil), before.Differences(before)); diff != "" {
		t.Error(diff)
	}
}
