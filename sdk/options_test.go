package sdk

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"
)

// testOptions has options of every shape.
type testOptions struct {
	Host    string            `json:"host" jsonschema:"where the backend is"`
	Port    uint16            `json:"port"`
	Ratio   float64           `json:"ratio,omitempty"`
	On      bool              `json:"on"`
	Secret  Secret            `json:"secret"`
	Nodes   []testNode        `json:"nodes"`
	Tags    map[string]string `json:"tags"`
	Retry   *testNode         `json:"retry"`
	Since   time.Time         `json:"since"`
	Ignored string            `json:"-"`
}

type testNode struct {
	Host string `json:"host"`
	N    int8   `json:"n"`
}

func (o *testOptions) Defaults() { o.Host, o.Port, o.Secret = "localhost", 6379, "hidden" }

func TestOptionsAreDecodedOverTheDefaults(t *testing.T) {
	got, err := decodeOptions[testOptions](json.RawMessage(`{
		"port": 1, "ratio": 0.5, "on": true, "secret": "s", "nodes": [{"host": "a"}, {"n": -3}],
		"tags": {"a": "b"}, "retry": {"n": 1}, "since": "2020-01-02T03:04:05Z", "host": null}`))
	if err != nil {
		t.Fatal(err)
	}
	want := testOptions{
		Host: "localhost", Port: 1, Ratio: 0.5, On: true, Secret: "s", Nodes: []testNode{{Host: "a"}, {N: -3}},
		Tags: map[string]string{"a": "b"}, Retry: &testNode{N: 1}, Since: time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("options (-want +got):\n%s", diff)
	}
}

func TestAllWrongOptionsAreReported(t *testing.T) {
	tests := []struct {
		in   string
		want OptionErrors
	}{
		{`{"port": 70000, "hosst": 1, "on": "yes", "nodes": [{"n": 1}, {"n": 300, "x": 1}, 7], "secret": 12, "tags": [], "retry": {"host": {}}}`, OptionErrors{
			{Path: "hosst", Problem: "there is no such option; there are: host, nodes, on, port, ratio, retry, secret, since, tags"},
			{Path: "nodes[1].n", Problem: "must be a whole number of at most 8 bits, is the number 300"},
			{Path: "nodes[1].x", Problem: "there is no such option; there are: host, n"},
			{Path: "nodes[2]", Problem: "must be an object, is a number"},
			{Path: "on", Problem: "must be true or false, is a string"},
			{Path: "port", Problem: "must be a whole number that is not negative, of at most 16 bits, is the number 70000"},
			{Path: "retry.host", Problem: "must be a string, is an object"},
			{Path: "secret", Problem: "must be a string, is a number"},
			{Path: "tags", Problem: "must be an object, is a list"},
		}},
		{`[]`, OptionErrors{{Path: "", Problem: "must be an object, is a list"}}},
		{`{"host": `, OptionErrors{{Path: "", Problem: "is not valid JSON: it ends too early"}}},
		{`{"host" 1}`, OptionErrors{{Path: "", Problem: "is not valid JSON: error at byte 9"}}},
		{`{} {}`, OptionErrors{{Path: "", Problem: "is not valid JSON: something follows the object"}}},
	}
	for _, tt := range tests {
		_, err := decodeOptions[testOptions](json.RawMessage(tt.in))
		got, _ := errors.AsType[OptionErrors](err)
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.in, diff)
		}
		if !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v is not ErrInvalid", tt.in, err)
		}
	}
}

func FuzzOptions(f *testing.F) {
	f.Add([]byte(`{"port": 1, "nodes": [{"host": "a"}, null], "tags": {"a": "b"}, "retry": {"n": 1}}`))
	f.Add([]byte(`{"port": -1, "nodes": {}, "since": "x"}`))
	f.Add([]byte(`null`))
	f.Add([]byte(` [`))
	f.Fuzz(func(t *testing.T, data []byte) {
		_, err := decodeOptions[testOptions](data)
		if _, ok := errors.AsType[OptionErrors](err); err != nil && !ok {
			t.Errorf("%v is no OptionErrors", err)
		}
		if err == nil && !json.Valid(data) {
			t.Error("accepted what is not JSON")
		}
	})
}

func TestSchemaTellsOptionsAndDefaults(t *testing.T) {
	var schema struct {
		Schema     string   `json:"$schema"`
		Type       string   `json:"type"`
		Required   []string `json:"required"`
		Additional any      `json:"additionalProperties"`
		Properties map[string]struct {
			Description string `json:"description"`
			Default     any    `json:"default"`
			Secret      bool   `json:"x-secret"`
		} `json:"properties"`
	}
	if err := json.Unmarshal(schemaOf[testOptions](), &schema); err != nil {
		t.Fatal(err)
	}
	if schema.Schema != schemaDialect || schema.Type != "object" || schema.Required != nil || schema.Additional != false {
		t.Errorf("schema %+v", schema)
	}
	p := schema.Properties
	if p["host"].Description != "where the backend is" || p["host"].Default != "localhost" || p["port"].Default != 6379.0 {
		t.Errorf("properties %+v", p)
	}
	if s := p["secret"]; !s.Secret || s.Default != nil {
		t.Errorf("secret %+v", s)
	}
}

type testCache struct{ Cache }

func (*testCache) Increment(context.Context, string, int64, time.Duration, string) (int64, error) {
	return 0, nil
}

func TestDriverDeclaresWhatItsTypeShows(t *testing.T) {
	concrete := func(context.Context, testOptions, Env) (*testCache, error) { return &testCache{}, nil }
	hidden := func(context.Context, testOptions, Env) (Cache, error) { return nil, ErrAuth }
	p := Plugin{Name: "p", Drivers: []Driver{
		CacheDriver("concrete", concrete, "own.v1"), CacheDriver("hidden", hidden),
	}}
	drivers := NewServer(p, hclog.NewNullLogger()).Description().Drivers
	if diff := cmp.Diff([]Capability{CapCacheIncr, CapPipe, "own.v1"}, drivers[0].Capabilities); diff != "" {
		t.Errorf("concrete (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]Capability{CapPipe}, drivers[1].Capabilities); diff != "" {
		t.Errorf("hidden (-want +got):\n%s", diff)
	}
}

func TestPluginIsChecked(t *testing.T) {
	good := CacheDriver("c", func(context.Context, testOptions, Env) (Cache, error) { return nil, nil })
	tests := map[string]struct {
		plugin Plugin
		ok     bool
	}{
		"good":           {Plugin{Name: "p", Drivers: []Driver{good}}, true},
		"no name":        {Plugin{Drivers: []Driver{good}}, false},
		"no drivers yet": {Plugin{Name: "p"}, true},
		"same twice":     {Plugin{Name: "p", Drivers: []Driver{good, good}}, false},
		"made otherwise": {Plugin{Name: "p", Drivers: []Driver{{}}}, false},
	}
	for name, tt := range tests {
		if err := tt.plugin.check(); (err == nil) != tt.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}
