package testserver

import (
	"fmt"
	"path/filepath"
)

// StartDynamoDBLocal starts Amazon's DynamoDB Local. It listens on all
// interfaces and has no option against that. A Restart keeps the tables.
func StartDynamoDBLocal(tb TB) *DynamoDB {
	tb.Helper()
	port, dir := Port(tb), Dir(tb, "")
	home, err := installed("dynamodb-local-3.0.0")
	java, pathErr := program("java")
	if err != nil || pathErr != nil {
		tb.Fatalf("start DynamoDB Local: %v", either(err, pathErr))
		return nil
	}
	lib := filepath.Join(home, "lib")
	return startDynamoDB(tb, port, Command{
		Name: "DynamoDB Local", Path: java, Dir: dir,
		Args: []string{
			"-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dsqlite4java.library.path=" + lib,
			"-cp", filepath.Join(lib, "*"), "software.amazon.dynamodb.services.local.main.ServerRunner",
			"-dbPath", dir, "-sharedDb", "-disableTelemetry", "-port", fmt.Sprint(port),
		},
	})
}
