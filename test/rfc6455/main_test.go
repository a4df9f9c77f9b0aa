package rfc6455

import (
	"log"
	"os"
	"testing"

	"github.com/jackfield/jackfield/test/launch"
)

var built *launch.Binaries

func TestMain(m *testing.M) { os.Exit(runTests(m)) }

func runTests(m *testing.M) int {
	var err error
	if built, err = launch.Build(); err != nil {
		log.Print(err)
		return 1
	}
	defer built.Remove()
	return m.Run()
}

// onBoth runs a test against a server on plain TCP and against one with TLS, both
// of which agree to compression.
func onBoth(t *testing.T, test func(t *testing.T, s *launch.Server)) {
	t.Helper()
	for name, secure := range map[string]bool{"plain": false, "TLS": true} {
		t.Run(name, func(t *testing.T) {
			test(t, built.Start(t, launch.Options{TLS: secure, Config: map[string]any{
				"websocket": map[string]any{"compression": "shared"},
			}}))
		})
	}
}
