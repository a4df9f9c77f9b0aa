package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jackfield/jackfield/sdk/contract"
)

func TestDocumentsFromArguments(t *testing.T) {
	tests := map[string]struct {
		args  []string
		stdin string
		want  string
	}{
		"kinds of values": {
			[]string{"set", "1", "a=5", "b=true", "c=text", "d=", `e={"f":[1]}`, "key=123"},
			"",
			`{"a":5,"b":true,"c":"text","d":null,"e":{"f":[1]},"key":"123"}`,
		},
		"origins":         {[]string{"set", "1", "allowed_origins=https://a,https://b"}, "", `{"allowed_origins":["https://a","https://b"]}`},
		"origins as JSON": {[]string{"set", "1", `allowed_origins=["https://a"]`}, "", `{"allowed_origins":["https://a"]}`},
		"flags between":   {[]string{"--json", "add", "--show-secrets", "1", "--direct", "a=1"}, "", `{"a":1,"id":"1"}`},
		"input": {
			[]string{"add", "1", "--file", "-", "a=2"},
			`{"secret":"s","a":1,"n":12345678901234567890}`,
			`{"a":2,"id":"1","n":12345678901234567890,"secret":"s"}`,
		},
		"nothing but an id": {[]string{"add", "1"}, "", `{"id":"1"}`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f, err := parseApps(tt.args, strings.NewReader(tt.stdin))
			if err != nil || string(f.document) != tt.want {
				t.Errorf("%s, %v; want %s", f.document, err, tt.want)
			}
		})
	}
	if _, err := parseApps([]string{"add", "1", "--file", "-"}, strings.NewReader("null")); err == nil || !strings.Contains(err.Error(), "it is null") {
		t.Errorf("null: %v", err)
	}
}

func TestStatuses(t *testing.T) {
	for err, want := range map[error]int{
		contract.ErrNotFound: exitNotFound, contract.ErrConflict: exitConflict, contract.ErrUnavailable: exitFailure,
	} {
		if got := statusOf(fmt.Errorf("x: %w", err)); got != want {
			t.Errorf("%v: %d, want %d", err, got, want)
		}
	}
}
