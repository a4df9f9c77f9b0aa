package cluster

import (
	"flag"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/jackfield/jackfield/test/launch"
)

// patience bounds every wait of these tests.
const patience = 2 * time.Minute

var (
	built    *launch.Binaries
	previous = flag.String("previous", "", "directory with the core and the plugins of the build to upgrade from; this build if empty")
)

func TestMain(m *testing.M) {
	var err error
	if built, err = launch.Build("redis"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	built.Remove()
	os.Exit(code)
}
