package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/hashicorp/go-hclog"
	"go.uber.org/goleak"

	"github.com/jackfield/jackfield/sdk"
	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/plugintest"
	"github.com/jackfield/jackfield/sdk/testserver"
)

// The servers that all tests share, started when the first one asks.
var (
	dynalite = sync.OnceValue(func() *testserver.DynamoDB { return testserver.StartDynalite(testserver.Package) })
	local    = sync.OnceValue(func() *testserver.DynamoDB { return testserver.StartDynamoDBLocal(testserver.Package) })
	servers  = map[string]func() *testserver.DynamoDB{"dynalite": dynalite, "DynamoDB Local": local}
)

// build is the program that the suites check.
var build plugintest.Build

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(tests{m}, goleak.Cleanup(func(code int) {
		build.Remove()
		os.Exit(code)
	}), goleak.IgnoreAnyFunction("github.com/jackfield/jackfield/sdk/testserver.init.func1.1"))
}

// tests ends the shared servers after the tests.
type tests struct{ m *testing.M }

func (t tests) Run() int { return testserver.Run(t.m) }

var tableCount atomic.Int64

// freshTable are options for a table of the test's own.
func freshTable(url string) options {
	var o options
	o.Defaults()
	o.EndpointURL, o.AccessKeyID, o.SecretAccessKey = url, "id", "secret"
	o.TableName = fmt.Sprint("apps-", tableCount.Add(1))
	return o
}

// asJSON writes options as the server sends them.
func asJSON(t *testing.T, o options) json.RawMessage {
	t.Helper()
	doc, err := json.Marshal(map[string]any{
		"region": o.Region, "table_name": o.TableName, "endpoint_url": o.EndpointURL,
		"aws_access_key_id": o.AccessKeyID, "aws_secret_access_key": o.SecretAccessKey.Reveal(),
	})
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func open(ctx context.Context, o options) (*appManager, error) {
	return openAppManager(ctx, o, sdk.Env{Logger: hclog.NewNullLogger()})
}

// opened opens an app manager which the test closes.
func opened(t *testing.T, o options) *appManager {
	t.Helper()
	m, err := open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	return m
}

// place puts an item into the table past the driver.
func place(t *testing.T, m *appManager, it item) {
	t.Helper()
	if _, err := m.db.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &m.opts.TableName, Item: it}); err != nil {
		t.Fatal(err)
	}
}

func anApp(id string) *contract.App {
	return &contract.App{ID: id, Key: "key-" + id, Secrets: []contract.Secret{"s"}, Enabled: true}
}
