package main

import (
	"errors"
	"strconv"
	"testing"

	"github.com/jackfield/jackfield/sdk/contract"
)

func TestWrongOptionsAreReportedAllAtOnce(t *testing.T) {
	_, err := open(t.Context(), options{
		Nodes: []string{"good", "cql://bad", "bad:0"}, Keyspace: "a-b", TableName: "", Password: "hunter2",
		ReplicationClass: "Simple", Consistency: "most", SSLMode: "disable", SSLCA: "ca.pem", SSLCert: "cert.pem",
	})
	const want = `nodes[1]: must be host or host:port, is "cql://bad"
nodes[2]: must be host or host:port, is "bad:0"
keyspace: must be a letter and then letters, digits and _, at most 48, is "a-b"
table_name: must be a letter and then letters, digits and _, at most 48, is ""
username: is missing beside the password
replication_class: must be one of SimpleStrategy, NetworkTopologyStrategy, is "Simple"
replication_factor: must be at least 1, is 0
consistency: must be one of one, local_one, quorum, local_quorum, all, is "most"
ssl_mode: is disable, but ssl_ca, ssl_cert or ssl_key is set
ssl_cert: and ssl_key belong together; set both or none`
	if err == nil || err.Error() != want || !errors.Is(err, contract.ErrInvalid) {
		t.Errorf("error:\n%v\nwant:\n%s", err, want)
	}
}

func TestDefaultsAreGoodOptions(t *testing.T) {
	var o options
	o.Defaults()
	if err := o.validate(); err != nil {
		t.Error(err)
	}
}

func TestNodesAreHostsWithOrWithoutPort(t *testing.T) {
	for node, want := range map[string]string{
		"a": "a 9042", "a.example:1": "a.example 1", "10.0.0.1": "10.0.0.1 9042", "[::1]:7": "::1 7", "[::1]": "::1 9042",
		"": "", ":9042": "", "a:x": "", "a:99999": "", "user@host": "", "::1": "",
	} {
		host, port, err := splitNode(node)
		got := host + " " + strconv.Itoa(port)
		if err != nil {
			got = ""
		}
		if got != want {
			t.Errorf("%q is %q, want %q", node, got, want)
		}
	}
}
