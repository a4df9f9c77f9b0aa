package main

import (
	"context"
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/hashicorp/go-hclog"
	"go.uber.org/goleak"

	"github.com/jackfield/jackfield/sdk"
	"github.com/jackfield/jackfield/sdk/testserver"
)

// Servers that the tests of this package share.
var (
	fauxqs    = sync.OnceValue(func() *testserver.SQS { return testserver.StartFauxqs(testserver.Package) })
	elasticMQ = sync.OnceValue(func() *testserver.SQS { return testserver.StartElasticMQ(testserver.Package, false) })
)

// buildDir is where the program is built; gone after the tests.
var buildDir string

func TestMain(m *testing.M) {
	if order := os.Getenv(workerEnv); order != "" {
		beWorker(order)
	}
	var err error
	if buildDir, err = os.MkdirTemp("", "sqs-plugin"); err != nil {
		panic(err)
	}
	// The cases of the suites wait most of the time.
	flag.Parse()
	if err := flag.Set("test.parallel", "24"); err != nil {
		panic(err)
	}
	code := testserver.Run(m)
	if code == 0 {
		code = leaks()
	}
	_ = os.RemoveAll(buildDir)
	os.Exit(code)
}

// leaks looks for goroutines of ours. The HTTP client of the AWS SDK cannot be
// told to close the connections that it keeps.
func leaks() int {
	err := goleak.Find(
		goleak.IgnoreAnyFunction("net/http.(*persistConn).readLoop"),
		goleak.IgnoreAnyFunction("net/http.(*persistConn).writeLoop"),
		goleak.IgnoreAnyFunction("github.com/jackfield/jackfield/sdk/testserver.init.func1.1"))
	if err != nil {
		testserver.Package.Logf("%v", err)
		return 1
	}
	return 0
}

// binary builds the plugin as it is released, once per run.
var binary = sync.OnceValues(func() (string, error) {
	path := filepath.Join(buildDir, "sqs")
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", path, ".")
	cmd.Env = append(cmd.Environ(), "CGO_ENABLED=0")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return string(out), err
	}
	return path, nil
})

func builtPlugin(t *testing.T) string {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatalf("build the plugin: %v\n%s", err, path)
	}
	return path
}

// settings are options for a server of the tests as a configuration has them.
func settings(endpoint string, fifo bool) map[string]any {
	return map[string]any{
		"endpoint_url": endpoint, "fifo": fifo, "wait_time_seconds": 1, "visibility_timeout": 1, "concurrency": 1000,
		"aws_access_key_id": "test", "aws_secret_access_key": "test",
	}
}

func encoded(t *testing.T, settings map[string]any) []byte {
	t.Helper()
	text, err := json.Marshal(settings)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// decoded are settings as the driver gets them.
func decoded(t *testing.T, settings map[string]any) options {
	t.Helper()
	var o options
	o.Defaults()
	if err := json.Unmarshal(encoded(t, settings), &o); err != nil {
		t.Fatal(err)
	}
	return o
}

// openTest opens a driver which the test closes.
func openTest(t *testing.T, settings map[string]any) *queue {
	t.Helper()
	q, err := openQueue(context.Background(), decoded(t, settings), sdk.Env{Logger: hclog.NewNullLogger()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = q.Close() })
	return q
}
