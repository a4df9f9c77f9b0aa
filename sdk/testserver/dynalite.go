package testserver

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// DynamoDB is a server that speaks the API of Amazon DynamoDB and takes any credentials.
type DynamoDB struct {
	*Process
	// URL is its endpoint.
	URL string
}

// StartDynalite starts dynalite, which is quick and lacks transactions, TTL and
// indices that are added later. A Restart keeps the tables.
func StartDynalite(tb TB) *DynamoDB {
	tb.Helper()
	port, dir := Port(tb), Dir(tb, "")
	home, err := installed("dynalite-4.0.0")
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "hangup.js"), []byte(hangUp), 0o600)
	}
	node, pathErr := program("node")
	if err != nil || pathErr != nil {
		tb.Fatalf("start dynalite: %v", either(err, pathErr))
		return nil
	}
	return startDynamoDB(tb, port, Command{
		Name: "dynalite", Path: node, Dir: dir,
		Args: []string{
			"--require", filepath.Join(dir, "hangup.js"),
			filepath.Join(home, "node_modules", "dynalite", "cli.js"), "--host", "127.0.0.1", "--port", fmt.Sprint(port),
			"--path", filepath.Join(dir, "data"), "--createTableMs", "0", "--deleteTableMs", "0", "--updateTableMs", "0",
		},
	})
}

// hangUp has dynalite live on when a client hangs up in the middle of a request,
// which it otherwise ends with.
const hangUp = `process.on('uncaughtException', (err) => {
  if (err.code === 'ECONNRESET') return
  console.error(err)
  process.exit(1)
})
`

func startDynamoDB(tb TB, port int, spec Command) *DynamoDB {
	tb.Helper()
	d := &DynamoDB{URL: "http://" + address(port)}
	spec.Ready = func(ctx context.Context) error { return answersHTTP(ctx, d.URL) }
	d.Process = Start(tb, spec)
	return d
}

// either is the first of two errors that is one.
func either(one, other error) error {
	if one != nil {
		return one
	}
	return other
}
