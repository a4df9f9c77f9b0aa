package faults

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/jackfield/jackfield/sdk/testserver"
	"github.com/jackfield/jackfield/test/launch"
)

// An app that stands in the store and cannot be read is served to nobody, above
// all not without its limits, and the log says what is wrong with it.
func TestAnAppThatCannotBeReadIsServedToNobody(t *testing.T) {
	store := dynamodb(t)
	section := store.database["dynamodb"].(map[string]any)
	section["table_name"] = "apps"
	s := built.Start(t, store.options())
	putItem(t, section["endpoint_url"].(string), `{"id":{"S":"bad"},"key":{"S":"bad-key"},"secret":{"S":"s"},"enabled":{"BOOL":true},"policy":{"S":"[]"}}`)
	wantCode(t, s.Port, "bad-key", 4100)
	mustPublish(t, newAPI(s.URL(), "bad", "bad-key", "s"), http.StatusServiceUnavailable)
	if _, err := dial(s.Port, launch.Demo.Key); err != nil {
		t.Errorf("an app beside it: %v", err)
	}
	for _, word := range []string{`item \"bad\"`, "policy: must be an object, found a list"} {
		if !strings.Contains(s.Log(), word) {
			t.Errorf("the log does not say %q", word)
		}
	}
}

// putItem writes an item past everybody. dynalite wants a signature and does not look at it.
func putItem(t *testing.T, endpoint, item string) {
	t.Helper()
	body := fmt.Sprintf(`{"TableName":"apps","Item":%s}`, item)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, endpoint, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "DynamoDB_20120810.PutItem", "X-Amz-Date": "20260101T000000Z",
		"Authorization": "AWS4-HMAC-SHA256 Credential=id/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=00",
	} {
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if text, _ := io.ReadAll(resp.Body); resp.StatusCode != http.StatusOK {
		t.Fatalf("put the item: %s %s", resp.Status, text)
	}
}

// A server whose store cannot be used does not start, and says in one line what
// is wrong and what to do.
func TestAStoreThatCannotBeUsedEndsTheStart(t *testing.T) {
	nowhere := fmt.Sprint("127.0.0.1:", testserver.Port(t))
	for _, test := range []struct {
		store   realStore
		section string
		wrong   []wrongOptions
	}{
		{dynamodb(t), "dynamodb", []wrongOptions{
			{map[string]any{"endpoint_url": "http://" + nowhere}, []string{"database.dynamodb.endpoint_url", nowhere, "does not answer; correct it or start what is there"}},
			{map[string]any{"aws_access_key_id": "", "aws_secret_access_key": "", "aws_profile_name": "nobody"}, []string{"aws_profile_name", "cannot be used"}},
			{map[string]any{"table_name": "a table"}, []string{"table_name: must be 3 to 255 letters"}},
		}},
		{cassandra(t), "scylladb", []wrongOptions{
			{map[string]any{"nodes": []string{nowhere}}, []string{"database.scylladb.nodes: " + nowhere + " cannot be reached", "correct nodes"}},
			{map[string]any{"keyspace": "fresh", "replication_factor": 3}, []string{"replication_factor: is 3, but the cluster has only 1 nodes", "add nodes"}},
			{map[string]any{"ssl_mode": "verify-full"}, []string{"database.scylladb."}},
			{map[string]any{"local_datacenter": "nowhere"}, []string{"local_datacenter: no node is in", "datacenter1"}},
		}},
	} {
		right := test.store.database[test.section].(map[string]any)
		for _, wrong := range test.wrong {
			t.Run(fmt.Sprint(test.section, " ", wrong.options), func(t *testing.T) {
				options := maps.Clone(right)
				maps.Copy(options, wrong.options)
				test.store.database[test.section] = options
				wrong.refused(t, test.store)
			})
		}
	}
}

// wrongOptions are options and what the server must say of them.
type wrongOptions struct {
	options map[string]any
	words   []string
}

func (w wrongOptions) refused(t *testing.T, store realStore) {
	t.Helper()
	text := refusal(t, store.options().Config)
	for _, word := range append(w.words, store.plugin) {
		if !strings.Contains(text, word) {
			t.Errorf("the server does not say %q:\n%s", word, text)
		}
	}
}
