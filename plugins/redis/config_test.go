package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/jackfield/jackfield/sdk/contract"
)

func TestWrongOptionsAreReportedAllAtOnce(t *testing.T) {
	connection := connectionOptions{
		Mode: "ring", Addresses: []string{"redis://u:s3cret@h:1", "h:0"}, DB: -1, PoolSize: -1,
		TLS: &tlsOptions{CAPath: "/no/such/file", ClientCertPath: "only.pem"},
	}
	_, err := openCache(context.Background(), cacheOptions{Prefix: strings.Repeat("x", 300), TTL: -1, Connection: connection}, testEnv)
	want := "prefix: must be at most 256 bytes of UTF-8, has 300\n" +
		"ttl: must be from 0 to 3000000000, is -1\n" +
		"connection.mode: must be standalone, sentinel or cluster, is \"ring\"\n" +
		"connection.addresses[0]: must be host:port or unix:///path\n" +
		"connection.addresses[1]: must end in a port from 1 to 65535\n" +
		"connection.db: must be from 0 to 2147483647, is -1\n" +
		"connection.pool_size: must be from 0 to 10000, is -1\n" +
		"connection.tls.ca_path: cannot read the file of authorities: open /no/such/file: no such file or directory\n" +
		"connection.tls: client_cert_path and client_key_path belong together; one of them is empty"
	if err == nil || err.Error() != want || !errors.Is(err, contract.ErrInvalid) {
		t.Errorf("error:\n%v\nwant:\n%s", err, want)
	}
	var q queueOptions
	q.Defaults()
	q.Prefix, q.Concurrency, q.Reliability.RetryJitter = "{a}", 0, 2
	_, err = openQueue(context.Background(), q, testEnv)
	for _, key := range []string{"prefix: must have no braces", "concurrency: ", "reliability.retry_jitter: "} {
		if err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("the error lacks %q: %v", key, err)
		}
	}
}

func TestDefaultsAreGoodOptions(t *testing.T) {
	var c cacheOptions
	var q queueOptions
	var l limiterOptions
	c.Defaults()
	q.Defaults()
	l.Defaults()
	if err := errors.Join(c.validate(), q.validate(), l.validate()); err != nil {
		t.Error(err)
	}
}

func TestOptionsShowNoPassword(t *testing.T) {
	o := defaultConnection()
	o.Password, o.SentinelPassword = "s3cret", "s3cret"
	text, err := json.Marshal(o)
	if err != nil || strings.Contains(string(text)+fmt.Sprintf("%v %+v %#v", o, o, o), "s3cret") {
		t.Error("a password shows")
	}
}

// The slot of a key is the one that Redis says.
func TestSlots(t *testing.T) {
	c := open(t, toCluster(cluster()), classCommands)
	for _, key := range []string{"", "a", "{a}b", "a{b}c{d}", "{}a", "a}b{", "{a", "user:{ü}:1", tagOf(0), "x" + tagOf(16383)} {
		want, err := c.ClusterKeySlot(patient(t), key).Result()
		if got := slotOf(key); err != nil || int64(got) != want {
			t.Errorf("slot of %q: %d, Redis says %d, %v", key, got, want, err)
		}
	}
}

func FuzzCursorsAndTokens(f *testing.F) {
	for _, s := range []string{"", "0", `{"d":["a"],"a":"b","s":3,"c":9,"k":["x"]}`, `{"s":-1}`, "18446744073709551615"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if at, err := parseCursor(s); err == nil && (at.Slot < 0 || at.Slot >= slots) {
			t.Errorf("cursor %q has slot %d", s, at.Slot)
		} else if err != nil && !errors.Is(err, contract.ErrInvalid) {
			t.Errorf("cursor %q: %v", s, err)
		}
		if _, err := parseDeadToken(s); err != nil && !errors.Is(err, contract.ErrInvalid) {
			t.Errorf("token %q: %v", s, err)
		}
		addressProblem(s)
	})
}
