package plugintest_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/jackfield/jackfield/sdk/plugintest"
)

func TestAProgramIsBuiltOnceAndRemoved(t *testing.T) {
	t.Chdir("../internal/testplugin")
	var build plugintest.Build
	path := build.Path(t)
	if info, err := os.Stat(path); err != nil || info.Mode()&0o100 == 0 || filepath.Base(path) != "testplugin" {
		t.Errorf("built %s: %v, %v", path, info, err)
	}
	if again := build.Path(t); again != path {
		t.Errorf("built again: %s and %s", path, again)
	}
	build.Remove()
	if _, err := os.Stat(filepath.Dir(path)); !os.IsNotExist(err) {
		t.Errorf("it is still there: %v", err)
	}
}

func TestUntilReturnsWhenTheConditionHasComeTrue(t *testing.T) {
	asked := 0
	plugintest.Until(t, "the third question", func() bool { asked++; return asked == 3 })
	if asked != 3 {
		t.Errorf("asked %d times", asked)
	}
}
