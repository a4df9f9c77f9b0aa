package testserver

import (
	"fmt"
	"path/filepath"
)

// fauxqsProgram starts fauxqs on the loopback interface; its own program listens on all.
const fauxqsProgram = `
import { buildApp } from "file://%s";
const app = buildApp({ logger: false });
await app.listen({ port: %d, host: "127.0.0.1" });
`

// StartFauxqs starts fauxqs, which is quick and keeps nothing: after a Kill its
// queues are gone. One receive returns one message of a FIFO group.
func StartFauxqs(tb TB) *SQS {
	tb.Helper()
	port, dir := Port(tb), Dir(tb, "")
	home, err := installed("fauxqs-1.9.2")
	if err != nil {
		tb.Fatalf("start fauxqs: %v", err)
		return nil
	}
	node, err := program("node")
	if err != nil {
		tb.Fatalf("start fauxqs: %v", err)
		return nil
	}
	script := fmt.Sprintf(fauxqsProgram, filepath.Join(home, "node_modules", "fauxqs", "dist", "app.js"), port)
	return startSQS(tb, port, Command{
		Name: "fauxqs", Path: node, Args: []string{"--input-type=module", "-e", script}, Dir: dir,
	})
}
