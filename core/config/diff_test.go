package config

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDifferences(t *testing.T) {
	before := mustLoad(t, "c.json", `{"port": 1, "app_manager": {"array": {"apps": [{"id": "1", "key": "k", "secret": "hunter2", "enabled": true}]}},
		"plugins": {"a": {"path": "/a"}, "b": {"path": "/b"}}, "cleanup": {"batch_size": 7}}`)
	after := mustLoad(t, "c.json", `{"port": 2, "app_manager": {"array": {"apps": [{"id": "1", "key": "k", "secret": "hunter3", "enabled": true}]}},
		"event_limits": {"max_batch_size": 3}, "admin": {"token": "hunter2"}, "cache": {"memory": {"max_capacity": 7}}, "plugins": {"b": {"path": "/c"}, "c": {"path": "/c", "config": {"x": 1}}}}`)
	want := []Difference{
		{"port", Restart},
		{"app_manager.array.apps", Live},
		{"cache.memory.max_capacity", Swap},
		{"event_limits.max_batch_size", Live},
		{"admin.token", Restart},
		{"plugins.a.path", Restart},
		{"plugins.b.path", Restart},
		{"plugins.c.path", Restart},
		{"plugins.c.config", Swap},
	}
	if diff := cmp.Diff(want, before.Differences(after)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]Difference(nil), before.Differences(before)); diff != "" {
		t.Error(diff)
	}
}
