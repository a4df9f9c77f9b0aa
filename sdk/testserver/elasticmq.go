package testserver

import (
	"fmt"
	"os"
	"path/filepath"
)

const elasticMQConfig = `
node-address { protocol = http, host = "*", port = %[1]d, context-path = "" }
rest-sqs { enabled = true, bind-port = %[1]d, bind-hostname = "127.0.0.1", sqs-limits = strict }
rest-stats { enabled = false }
generate-node-address = false
queues-storage { enabled = %[3]t, path = "%[2]s/queues.conf" }
messages-storage { enabled = %[3]t, uri = "jdbc:h2:%[2]s/messages;WRITE_DELAY=0" }
`

// StartElasticMQ starts ElasticMQ, which is strict about limits and receipts. One
// receive may return many messages of a FIFO group. Its queues are gone after a
// Kill, unless keep is set, which makes it slower; then a Kill unlocks groups and
// mixes up the messages of each that were received and not deleted.
func StartElasticMQ(tb TB, keep bool) *SQS {
	tb.Helper()
	port, dir := Port(tb), Dir(tb, "")
	home, err := installed("elasticmq-1.7.1")
	if err != nil {
		tb.Fatalf("start ElasticMQ: %v", err)
		return nil
	}
	java, err := program("java")
	if err != nil {
		tb.Fatalf("start ElasticMQ: %v", err)
		return nil
	}
	file := filepath.Join(dir, "elasticmq.conf")
	if err := os.WriteFile(file, fmt.Appendf(nil, elasticMQConfig, port, dir, keep), 0o600); err != nil {
		tb.Fatalf("start ElasticMQ: %v", err)
		return nil
	}
	return startSQS(tb, port, Command{
		Name: "ElasticMQ", Path: java, Dir: dir,
		Args: []string{
			"-Xmx192m", "-Xss512k", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dconfig.file=" + file,
			"-cp", filepath.Join(home, "lib", "*"), "org.elasticmq.server.Main",
		},
	})
}
