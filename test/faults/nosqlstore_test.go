package faults

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/jackfield/jackfield/test/launch"
)

// An app that stands in the store and cannot be read is served to nobody, above
// all not without its limits, and the log says what is wrong with it.
func TestAnAppThatCannotBeReadIsServedToNobody(t *testing.T) {
	t.Parallel()
	store := dynamodb(t)
	section := store.database["dynamodb"].(map[string]any)
	section["table_name"] = "apps"
	s := built.Start(t, store.inline())
	dynamo(t, section["endpoint_url"].(string), "PutItem", `{"TableName":"apps","Item":{"id":{"S":"bad"},"key":{"S":"bad-key"},"secret":{"S":"s"},"enabled":{"BOOL":true},"policy":{"S":"[]"}}}`)
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

// dynamo does something past everybody. dynalite wants a signature and does not look at it.
func dynamo(t *testing.T, endpoint, action, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, endpoint, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "DynamoDB_20120810." + action, "X-Amz-Date": "20260101T000000Z",
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
		t.Fatalf("%s: %s %s", action, resp.Status, text)
	}
}
