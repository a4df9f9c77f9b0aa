package config

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func compare(t *testing.T, got, want *Config) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(Config{}), cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
}

func ptr[T any](v T) *T { return &v }

// containsSecret finds the secret that the tests use.
func containsSecret(text string) bool { return strings.Contains(text, "hunter2") }
