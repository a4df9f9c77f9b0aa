package compat

import "testing"

func TestExpand(t *testing.T) {
	tests := map[string]string{
		"":                              "",
		"plain":                         "plain",
		"{CachePrefix}":                 CachePrefix,
		"a {Keyspace} and {KeyPrefix}!": "a " + Keyspace + " and " + KeyPrefix + "!",
	}
	for text, want := range tests {
		if got := Expand(text); got != want {
			t.Errorf("Expand(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestExpandPanicsOnAnUnknownName(t *testing.T) {
	for _, text := range []string{"{Nonesuch}", "{CachePrefix"} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("Expand(%q) did not panic", text)
				}
			}()
			Expand(text)
		}()
	}
}
