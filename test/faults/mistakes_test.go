package faults

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jackfield/jackfield/sdk/testserver"
)

// mistake is what an operator does wrong, and what the server must say then.
type mistake struct {
	name    string
	options map[string]any // over those that are right
	words   []string
}

// A server whose store of apps cannot be used does not start, and says in one error
// which key is wrong, what was found and what to do.
func TestAStoreThatCannotBeUsedEndsTheStart(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(*testing.T) (realStore, []mistake){
		"PostgreSQL": postgresMistakes, "MariaDB": mariadbMistakes, "DynamoDB": dynamodbMistakes, "Cassandra": cassandraMistakes,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store, mistakes := prepare(t)
			for _, m := range mistakes {
				t.Run(m.name, func(t *testing.T) { store.refuses(t, m) })
			}
		})
	}
}

// refuses starts a server with a mistake.
func (r realStore) refuses(t *testing.T, m mistake) {
	t.Helper()
	for section, right := range r.database {
		options := maps.Clone(right.(map[string]any))
		maps.Copy(options, m.options)
		r.database = map[string]any{section: options}
	}
	text := ""
	until(t, fmt.Sprintf("the server to say %q", m.words), func() bool { // a store that has much to do may just be too slow
		text = strings.ReplaceAll(refusal(t, r.options().Config), `\"`, `"`)
		t.Log(text)
		return !slices.ContainsFunc(m.words, func(word string) bool { return !strings.Contains(text, word) })
	})
	if n := strings.Count(text, "[ERROR]"); n != 1 {
		t.Errorf("the server tells %d errors:\n%s", n, text)
	}
	if strings.Contains(text, "hunter2") {
		t.Error("the server tells the password")
	}
}

// refusal starts a server that must end with an error, and returns what it said.
func refusal(t *testing.T, config map[string]any) string {
	t.Helper()
	file := configFile(t, config)
	cmd := exec.Command(built.Core(), "--config", file, "--plugin-dir", built.PluginDir())
	cmd.Dir = filepath.Dir(file)
	out, err := cmd.CombinedOutput()
	if _, ok := errors.AsType[*exec.ExitError](err); !ok {
		t.Fatalf("the server did not end with an error: %v\n%s", err, out)
	}
	return string(out)
}

// configFile writes the configuration of a program with ports and a directory of its own.
func configFile(t *testing.T, config map[string]any) string {
	t.Helper()
	dir := testserver.Dir(t, "")
	config["host"], config["port"], config["plugin_run_dir"] = "127.0.0.1", testserver.Port(t), filepath.Join(dir, "run")
	config["metrics"] = map[string]any{"host": "127.0.0.1", "port": testserver.Port(t)}
	text, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "config.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func postgresMistakes(t *testing.T) (realStore, []mistake) {
	db := sqlServers(t)[0]
	return db.mistakes(t, "CREATE ROLE %[1]s LOGIN PASSWORD 'pw'")
}

func mariadbMistakes(t *testing.T) (realStore, []mistake) {
	db := sqlServers(t)[1]
	return db.mistakes(t, "CREATE USER %[1]s IDENTIFIED BY 'pw'; GRANT SELECT ON newer_schema TO %[1]s")
}

func (s sqlServer) mistakes(t *testing.T, createUser string) (realStore, []mistake) {
	store := realStore{plugin: "sql", driver: s.driver, database: map[string]any{s.section: s.options}, ttl: 300}
	for _, table := range []string{"newer", "complete"} {
		s.options["table_name"] = table
		store.prepare(t)
	}
	nobody := "u" + s.database[:10]
	s.server.SQL(t, s.database, fmt.Sprintf(createUser, nobody)+"; UPDATE newer_schema SET version = 9")
	section := "database." + s.section
	host := section + ".host, port"
	return store, []mistake{
		{"port", map[string]any{"port": testserver.Port(t)}, []string{host + ": nothing listens at 127.0.0.1:", "start the server, or correct host and port"}},
		{"silent port", map[string]any{"port": deaf(t).Port}, []string{host, "does not answer", "correct host and port"}},
		{"host", map[string]any{"host": "no-such-host.invalid"}, []string{section + `.host: "no-such-host.invalid" has no address; correct the name`}},
		{"password", map[string]any{"username": nobody, "password": "hunter2"}, []string{section + ".username, password", `"` + nobody + `"`, "correct name and password"}},
		{"database", map[string]any{"database": "nowhere"}, []string{section + ".database", "CREATE DATABASE nowhere"}},
		{"rights", map[string]any{"username": nobody, "password": "pw"}, []string{section + ".username", `"` + nobody + `"`, "complete", "GRANT"}},
		{"version", map[string]any{"table_name": "newer"}, []string{section + ".table_name", "newer", "schema version 9", "use a newer plugin"}},
		{"table", map[string]any{"table_name": "no.such.table"}, []string{section + ".table_name", "letters, digits and _"}},
	}
}

// deaf is where connections are taken and nothing is ever said.
func deaf(t *testing.T) *net.TCPAddr {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l.Addr().(*net.TCPAddr)
}

// amazon answers each request with an error, as AWS does.
func amazon(t *testing.T, code, message string) string {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = fmt.Fprintf(w, `{"__type":"com.amazon.coral.service#%s","message":%q}`, code, message)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func dynamodbMistakes(t *testing.T) (realStore, []mistake) {
	store := dynamodb(t)
	endpoint := store.database["dynamodb"].(map[string]any)["endpoint_url"].(string)
	dynamo(t, endpoint, "CreateTable", `{"TableName":"other","BillingMode":"PAY_PER_REQUEST","KeySchema":[{"AttributeName":"name","KeyType":"HASH"}],
		"AttributeDefinitions":[{"AttributeName":"name","AttributeType":"S"}]}`)
	nowhere := fmt.Sprint("http://127.0.0.1:", testserver.Port(t))
	wrongKey := amazon(t, "UnrecognizedClientException", "The security token included in the request is invalid.")
	noRight := amazon(t, "AccessDeniedException", "User: arn:aws:iam::1:user/app is not authorized to perform: dynamodb:DescribeTable")
	const at = "database.dynamodb."
	return store, []mistake{
		{"port", map[string]any{"endpoint_url": nowhere}, []string{at + "endpoint_url", nowhere, "does not answer; correct it or start what is there"}},
		{"silent port", map[string]any{"endpoint_url": "http://" + deaf(t).String()}, []string{at + "endpoint_url", "did not answer in time"}},
		{"host", map[string]any{"endpoint_url": "http://no-such-host.invalid:8000"}, []string{at + "endpoint_url", "no-such-host.invalid", "correct it"}},
		{"credentials", map[string]any{"endpoint_url": wrongKey, "aws_secret_access_key": "hunter2"}, []string{"correct " + at + "aws_access_key_id"}},
		{"profile", map[string]any{"aws_access_key_id": "", "aws_secret_access_key": "", "aws_profile_name": "nobody"}, []string{at + "aws_profile_name", "cannot be used"}},
		{"rights", map[string]any{"endpoint_url": noRight}, []string{"dynamodb:DescribeTable", "give this identity the right"}},
		{"version", map[string]any{"table_name": "other"}, []string{at + "table_name", `"other"`, `"name"`}},
		{"table", map[string]any{"table_name": "a table"}, []string{at + "table_name: must be 3 to 255 letters"}},
	}
}

func cassandraMistakes(t *testing.T) (realStore, []mistake) {
	store, node := sharedCassandra("right"), sharedCassandraNode()
	node.CQL(t, "CREATE KEYSPACE IF NOT EXISTS mistakes WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}")
	node.CQL(t, "CREATE TABLE IF NOT EXISTS mistakes.other (id int PRIMARY KEY, key text)")
	node.CQL(t, "CREATE ROLE IF NOT EXISTS nobody WITH PASSWORD = 'pw' AND LOGIN = true")
	nowhere, silent := fmt.Sprint("127.0.0.1:", testserver.Port(t)), deaf(t).String()
	const at = "database.scylladb."
	return store, []mistake{
		{"port", map[string]any{"nodes": []string{nowhere}}, []string{at + "nodes: " + nowhere + " cannot be reached", "correct nodes or start what is there"}},
		{"silent port", map[string]any{"nodes": []string{silent}}, []string{at + "nodes: " + silent + " cannot be reached", "correct nodes"}},
		{"host", map[string]any{"nodes": []string{"no-such-host.invalid"}}, []string{at + "nodes: no-such-host.invalid cannot be reached", "correct nodes"}},
		{"password", map[string]any{"username": "nobody", "password": "hunter2"}, []string{at + "username", `"nobody"`, "correct username and password"}},
		{"rights", map[string]any{"username": "nobody", "password": "pw", "keyspace": "mistakes"}, []string{at + "username", `"nobody"`, "give user", "CREATE"}},
		{"version", map[string]any{"keyspace": "mistakes", "table_name": "other"}, []string{at + "table_name", "id"}},
		{"copies", map[string]any{"keyspace": "fresh", "replication_factor": 3}, []string{at + "replication_factor: is 3, but the cluster has only 1 nodes", "add nodes"}},
		{"TLS", map[string]any{"ssl_mode": "verify-full"}, []string{at + "ssl_mode: the node speaks no TLS", "set it to disable"}},
		{"data centre", map[string]any{"local_datacenter": "nowhere"}, []string{at + "local_datacenter: no node is in", "datacenter1"}},
	}
}
