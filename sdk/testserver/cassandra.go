package testserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Cassandra is a node of Apache Cassandra, which speaks CQL as ScyllaDB does.
type Cassandra struct {
	*Process
	// Addr is host:port of CQL; Port the port alone.
	Addr string
	Port int
	// Dir holds its data.
	Dir string

	node cassandraNode
}

// cassandraNode is the place of a node in its cluster.
type cassandraNode struct {
	host      string
	port      int      // of CQL
	storage   int      // port between nodes
	seeds     []string // hosts
	token     string   // "" lets the node choose
	heap      string
	ringDelay int // milliseconds
	settings  []string
}

// StartCassandra starts a Cassandra that is a cluster by itself, within a minute
// or so. settings are lines of cassandra.yaml, such as "authenticator: PasswordAuthenticator".
// A Restart keeps the data.
func StartCassandra(tb TB, settings ...string) *Cassandra {
	tb.Helper()
	const host = "127.0.0.1"
	return startCassandra(tb, cassandraNode{
		host: host, port: Port(tb), storage: Port(tb), seeds: []string{host}, heap: "256m", settings: settings,
	})
}

// wantsUser is whether nobody is let in without a name.
func (n cassandraNode) wantsUser() bool {
	return slices.Contains(n.settings, "authenticator: PasswordAuthenticator")
}

func startCassandra(tb TB, n cassandraNode) *Cassandra {
	tb.Helper()
	c := &Cassandra{Port: n.port, Dir: Dir(tb, ""), node: n}
	c.Addr = fmt.Sprint(n.host, ":", n.port)
	home, err := installed("cassandra-5.0.9")
	if err == nil {
		err = c.configure()
	}
	java, pathErr := program("java")
	if err != nil || pathErr != nil {
		tb.Fatalf("start Cassandra: %v", either(err, pathErr))
		return nil
	}
	ready := c.answers
	if n.wantsUser() {
		ready = c.admits
	}
	c.Process = Start(tb, Command{
		Name: "Cassandra", Path: java, Args: c.args(filepath.Join(home, "lib")), Dir: c.Dir, Ready: ready,
	})
	return c
}

// configure writes the files of a node.
func (c *Cassandra) configure() error {
	n := c.node
	lines := []string{
		"cluster_name: test", "partitioner: org.apache.cassandra.dht.Murmur3Partitioner", "num_tokens: 1",
		"auto_bootstrap: false", "endpoint_snitch: SimpleSnitch", "commitlog_sync: batch",
		"commitlog_segment_size: 8MiB", "commitlog_total_space: 64MiB", "memtable_heap_space: 48MiB", "memtable_offheap_space: 48MiB",
		"file_cache_size: 16MiB", "key_cache_size: 2MiB", "auto_snapshot: false",
		"listen_address: " + n.host, "rpc_address: " + n.host,
		fmt.Sprint("storage_port: ", n.storage), fmt.Sprint("native_transport_port: ", n.port),
		"seed_provider:", "  - class_name: org.apache.cassandra.locator.SimpleSeedProvider",
		fmt.Sprintf("    parameters: [{seeds: %q}]", n.seedList()),
		"data_file_directories: [" + filepath.Join(c.Dir, "data") + "]",
	}
	for key, folder := range map[string]string{
		"commitlog_directory": "commitlog", "hints_directory": "hints", "saved_caches_directory": "caches", "cdc_raw_directory": "cdc",
	} {
		lines = append(lines, key+": "+filepath.Join(c.Dir, folder))
	}
	if n.token != "" {
		lines = append(lines, fmt.Sprintf("initial_token: %q", n.token))
	}
	yaml := strings.Join(append(lines, n.settings...), "\n") + "\n"
	return errors.Join(
		os.WriteFile(filepath.Join(c.Dir, "cassandra.yaml"), []byte(yaml), 0o600),
		os.WriteFile(filepath.Join(c.Dir, "logback.xml"), []byte(logback), 0o600),
	)
}

func (n cassandraNode) seedList() string {
	seeds := make([]string, len(n.seeds))
	for i, host := range n.seeds {
		seeds[i] = fmt.Sprint(host, ":", n.storage)
	}
	return strings.Join(seeds, ",")
}

const logback = `<configuration><appender name="F" class="ch.qos.logback.core.ConsoleAppender"><encoder>` +
	`<pattern>%d{HH:mm:ss.SSS} %-5level %logger{0} %msg%n</pattern></encoder></appender>` +
	`<root level="WARN"><appender-ref ref="F"/></root></configuration>`

// What Cassandra needs of the inside of Java 17.
var (
	exportedToAll = []string{
		"java.base/jdk.internal.misc", "java.management.rmi/com.sun.jmx.remote.internal.rmi", "java.rmi/sun.rmi.registry",
		"java.rmi/sun.rmi.server", "java.sql/java.sql", "java.base/java.lang.ref", "jdk.unsupported/sun.misc",
		"jdk.compiler/com.sun.tools.javac.file", "jdk.attach/sun.tools.attach",
	}
	openToAll = []string{
		"java.base/java.lang.module", "java.base/jdk.internal.loader", "java.base/jdk.internal.ref", "java.base/jdk.internal.reflect",
		"java.base/jdk.internal.math", "java.base/jdk.internal.module", "java.base/jdk.internal.util.jar", "java.base/sun.nio.ch",
		"java.base/java.io", "java.base/java.lang.reflect", "java.base/java.lang", "java.base/java.util",
		"jdk.management/com.sun.management.internal", "jdk.compiler/com.sun.tools.javac",
	}
)

func (c *Cassandra) args(lib string) []string {
	args := []string{
		"-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xss256k", "-XX:MaxDirectMemorySize=128m",
		"-Xms" + c.node.heap, "-Xmx" + c.node.heap,
		"-Djdk.attach.allowAttachSelf=true", "-Dio.netty.tryReflectionSetAccessible=true",
	}
	for _, name := range exportedToAll {
		args = append(args, "--add-exports", name+"=ALL-UNNAMED")
	}
	for _, name := range openToAll {
		args = append(args, "--add-opens", name+"=ALL-UNNAMED")
	}
	return append(args, "-javaagent:"+filepath.Join(lib, "jamm-0.4.0.jar"),
		"-Dcassandra.config=file://"+filepath.Join(c.Dir, "cassandra.yaml"), "-Dcassandra.storagedir="+c.Dir, "-Dcassandra.logdir="+c.Dir,
		"-Dcassandra-foreground=yes", "-Dcassandra.skip_wait_for_gossip_to_settle=0", fmt.Sprint("-Dcassandra.ring_delay_ms=", c.node.ringDelay),
		"-Dcassandra.superuser_setup_delay_ms=0", "-Dcassandra.consistent.rangemovement=false", "-Dlogback.configurationFile=logback.xml",
		"-cp", c.Dir+":"+filepath.Join(lib, "*"), "org.apache.cassandra.service.CassandraDaemon")
}

// answers asks the node what it supports. One that talks TLS alone hangs up,
// and that counts.
func (c *Cassandra) answers(ctx context.Context) error {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", c.Addr)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	if deadline, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(deadline)
	}
	options := []byte{4, 0, 0, 0, 5, 0, 0, 0, 0} // version 4, no flags, stream 0, OPTIONS, no body
	if _, err := conn.Write(options); err != nil {
		return err
	}
	if _, err := conn.Read(make([]byte, 1)); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}
