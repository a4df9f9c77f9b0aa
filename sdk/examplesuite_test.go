package sdk_test

import (
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/jackfield/jackfield/sdk"
	"github.com/jackfield/jackfield/sdk/plugintest"
)

// TestExampleKeepsTheContract runs the suite on the cache that authors copy.
func TestExampleKeepsTheContract(t *testing.T) {
	plugintest.Cache(t, plugintest.CacheConfig{
		Open: func(t *testing.T) sdk.Cache {
			c, err := openAttic(t.Context(), atticOptions{TTL: 60}, sdk.Env{Logger: hclog.NewNullLogger()})
			if err != nil {
				t.Fatal(err)
			}
			return c
		},
		Bubble: true, DefaultTTL: time.Minute,
	})
}
