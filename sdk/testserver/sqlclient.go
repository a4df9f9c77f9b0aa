package testserver

import (
	"crypto/rand"
	"os"
	"os/exec"
	"strings"
)

// runSQL feeds statements to the client program of a database.
func runSQL(tb TB, statements, client string, args []string, env ...string) string {
	tb.Helper()
	path, err := program(client)
	if err != nil {
		tb.Fatalf("run SQL: %v", err)
		return ""
	}
	cmd := exec.Command(path, args...)
	cmd.Stdin = strings.NewReader(statements)
	cmd.Env = append(os.Environ(), env...)
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		tb.Fatalf("%s: %v: %s", client, err, said.String())
	}
	return strings.TrimRight(string(out), "\n")
}

func databaseName() string { return "t" + strings.ToLower(rand.Text()[:12]) }
