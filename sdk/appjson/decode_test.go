package appjson_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jackfield/jackfield/sdk/appjson"
	"github.com/jackfield/jackfield/sdk/contract"
)

func TestDecode(t *testing.T) {
	for name, tc := range map[string]struct {
		doc  string
		opts []appjson.Option
		want contract.App
	}{
		"a bare app of a file is disabled and has no limits of its own": {
			doc:  `{"id":"1","key":"k","secret":"s"}`,
			want: contract.App{ID: "1", Key: "k", Secrets: []contract.Secret{"s"}},
		},
		"a bare app of a store is enabled": {
			doc:  `{"id":"1","key":"k","secret":"s"}`,
			opts: []appjson.Option{appjson.EnabledByDefault()},
			want: contract.App{ID: "1", Key: "k", Secrets: []contract.Secret{"s"}, Enabled: true},
		},
		"a disabled app of a store stays disabled": {
			doc:  `{"id":"1","key":"k","secret":"s","enabled":false}`,
			opts: []appjson.Option{appjson.EnabledByDefault()},
			want: contract.App{ID: "1", Key: "k", Secrets: []contract.Secret{"s"}},
		},
		"the flat form, with numbers in strings and null as absent": {
			doc: `{"id":"1","key":"k","secret":"s","max_connections":"100","max_client_events_per_second":20,
				"max_event_batch_size":null,"decay_seconds":2.0,"enable_client_messages":true,"terminate_on_limit":true,
				"allowed_origins":["https://*.example.com"],"message_rate_limit":{"enabled":true}}`,
			want: contract.App{
				ID: "1", Key: "k", Secrets: []contract.Secret{"s"},
				Limits: contract.Limits{
					MaxConnections: new(uint32(100)), MaxClientEventsPerSecond: new(uint32(20)),
					DecaySeconds: new(uint32(2)), TerminateOnLimit: true,
					MessageRateLimit: &contract.MessageRateLimit{Enabled: true, MaxAttempts: 60, DecaySeconds: 60},
				},
				Features:       contract.Features{ClientMessages: true},
				AllowedOrigins: []string{"https://*.example.com"},
			},
		},
		"a policy silences the flat fields": {
			doc: `{"id":"1","key":"k","secret":"s","enabled":true,"max_connections":"nonsense","enable_client_messages":true,
				"policy":{"limits":{"max_connections":0},"features":{"tls_only":true}}}`,
			want: contract.App{
				ID: "1", Key: "k", Secrets: []contract.Secret{"s"}, Enabled: true,
				Limits:   contract.Limits{MaxConnections: new(uint32(0))},
				Features: contract.Features{TLSOnly: true},
			},
		},
		"a policy of null is none": {
			doc:  `{"id":"1","key":"k","secret":"s","policy":null,"max_connections":7}`,
			want: contract.App{ID: "1", Key: "k", Secrets: []contract.Secret{"s"}, Limits: contract.Limits{MaxConnections: new(uint32(7))}},
		},
		"two live secrets, the signing one repeated": {
			doc:  `{"id":"1","key":"k","secret":"new","secrets":["new","old"]}`,
			want: contract.App{ID: "1", Key: "k", Secrets: []contract.Secret{"new", "old"}},
		},
		"a record without secrets": {
			doc:  `{"id":"1","key":"k"}`,
			opts: []appjson.Option{appjson.SecretsElsewhere()},
			want: contract.App{ID: "1", Key: "k"},
		},
		"unknown policy parts are kept": {
			doc: `{"id":"1","key":"k","secret":"s","policy":{"history":{"enabled":true,"note":"<&>"},
				"limits":{"max_moons":3},"channels":{"annotations_enabled":false,"allowed_origins":null},"idempotency":null}}`,
			want: contract.App{
				ID: "1", Key: "k", Secrets: []contract.Secret{"s"},
				Extra: json.RawMessage(`{"channels":{"annotations_enabled":false},"history":{"enabled":true,"note":"<&>"},"limits":{"max_moons":3}}`),
			},
		},
		"settings of others move from the flat form to their policy part": {
			doc: `{"id":"1","key":"k","secret":"s","idempotency":{"ttl_seconds":5},"channel_namespaces":[{"name":"a"}],"created_at":"today"}`,
			want: contract.App{
				ID: "1", Key: "k", Secrets: []contract.Secret{"s"},
				Extra: json.RawMessage(`{"channels":{"channel_namespaces":[{"name":"a"}]},"idempotency":{"ttl_seconds":5}}`),
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := appjson.Decode([]byte(tc.doc), tc.opts...)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(&tc.want, got); diff != "" {
				t.Errorf("app (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDecodeWebhooks(t *testing.T) {
	const doc = `{"id":"1","key":"k","secret":"s","policy":{"webhooks":[
		{"url":"https://a.example/hook","event_types":["channel_occupied"],"headers":{"X-Team":"blue"},
		 "filter":{"channel_name_starts_with":"a-","channel_suffix":"-z","channel_pattern":"^a.*z$","channel_namespace":"n1","channel_namespaces":["n2"]},
		 "retry":{"max_attempts":"3","max_elapsed_time_ms":1000,"initial_backoff_ms":10,"max_backoff_ms":100},"request_timeout_ms":500},
		{"lambda_function":"old","event_types":[],"retry":{"enabled":false}},
		{"lambda_function":"mixed","lambda":{"async":true,"region":"eu-west-1"},"event_types":["client_event"]},
		{"lambda":{"function_name":"new","region":"eu-west-1"},"event_types":["client_event"]}]}}`
	want := []contract.Webhook{
		{
			URL: "https://a.example/hook", EventTypes: []string{"channel_occupied"},
			Headers: map[string]string{"X-Team": "blue"},
			Filter: &contract.WebhookFilter{
				ChannelPrefix: "a-", ChannelSuffix: "-z", ChannelPattern: "^a.*z$", Namespaces: []string{"n1", "n2"},
			},
			Retry:            &contract.WebhookRetry{MaxAttempts: 3, MaxElapsedMS: 1000, InitialBackoffMS: 10, MaxBackoffMS: 100},
			RequestTimeoutMS: 500,
		},
		{Lambda: &contract.LambdaTarget{FunctionName: "old"}, Retry: &contract.WebhookRetry{Disabled: true}},
		{
			Lambda:     &contract.LambdaTarget{FunctionName: "mixed", Region: "eu-west-1", Async: true},
			EventTypes: []string{"client_event"},
		},
		{
			Lambda:     &contract.LambdaTarget{FunctionName: "new", Region: "eu-west-1"},
			EventTypes: []string{"client_event"},
		},
	}
	app, err := appjson.Decode([]byte(doc))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, app.Webhooks); diff != "" {
		t.Errorf("webhooks (-want +got):\n%s", diff)
	}
}

func TestDecodeReportsAllProblemsAtOnce(t *testing.T) {
	const doc = `{"id":"","key":5,"secret":{"hidden":"hunter2"},"enabled":"yes","policy":{
		"limits":{"max_connections":"abc","max_event_batch_size":-1,"max_event_name_length":4294967296,
		          "max_event_payload_in_kb":1.5,"message_rate_limit":[]},
		"features":{"tls_only":1},"channels":{"allowed_origins":"*"},
		"webhooks":[{"url":"ftp://user:hunter2@x"},{"url":"http://x","lambda":{},"event_types":[7],
		   "filter":{"channel_prefix":"a","channel_name_starts_with":"b","channel_pattern":"("},
		   "headers":{"bad name":"hunter2","Ok":3}}]}}`
	want := []string{
		`enabled: must be true or false, found "yes"`,
		`id: must not be empty`,
		`key: must be a string, found a number`,
		`secret: must be a string, found an object`,
		`policy.limits.max_connections: must be a whole number, found "abc"`,
		`policy.limits.max_event_name_length: must be from 0 to 4294967295, found 4294967296`,
		`policy.limits.max_event_payload_in_kb: must be a whole number, found 1.5`,
		`policy.limits.max_event_batch_size: must be from 0 to 4294967295, found -1`,
		`policy.limits.message_rate_limit: must be an object, found a list`,
		`policy.features.tls_only: must be true or false, found 1`,
		`policy.channels.allowed_origins: must be a list, found a string`,
		`policy.webhooks[0].url: must be an absolute http or https URL`,
		`policy.webhooks[0].event_types: is missing; list the names of the events to send`,
		`policy.webhooks[1].lambda.function_name: must not be empty`,
		`policy.webhooks[1]: must have either url or lambda`,
		`policy.webhooks[1].event_types[0]: must be a string, found a number`,
		`policy.webhooks[1].filter.channel_prefix: must be the same as policy.webhooks[1].filter.channel_name_starts_with, or only one of them be set`,
		"policy.webhooks[1].filter.channel_pattern: must be a regular expression (RE2): error parsing regexp: missing closing ): `(`",
		`policy.webhooks[1].headers.Ok: must be a string, found a number`,
		`policy.webhooks[1].headers.bad name: is not a valid header name`,
	}
	app, err := appjson.Decode([]byte(doc))
	if app != nil || !errors.Is(err, contract.ErrInvalid) {
		t.Fatalf("Decode = %v, %v; want no app and ErrInvalid", app, err)
	}
	var problems appjson.Problems
	if !errors.As(err, &problems) {
		t.Fatalf("error is a %T, want Problems", err)
	}
	got := make([]string, len(problems))
	for i, p := range problems {
		got[i] = p.String()
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	if strings.Contains(err.Error(), "hunter2") {
		t.Error("the error shows a secret")
	}
	if moved := problems.Under("apps[2]")[0].Path; moved != "apps[2].enabled" {
		t.Errorf("moved path = %q", moved)
	}
}

func TestDecodeRefusesWhatIsNoObject(t *testing.T) {
	for doc, want := range map[string]string{
		``:         "is not valid JSON: unexpected end of JSON input",
		`null`:     "must be an object, found null",
		`[1]`:      "must be an object, found a list",
		`{"id":`:   "is not valid JSON: unexpected end of JSON input",
		`"a"`:      "must be an object, found a string",
		`{"a":1}x`: "is not valid JSON: invalid character 'x' after top-level value",
	} {
		if _, err := appjson.Decode([]byte(doc)); err == nil || err.Error() != want {
			t.Errorf("Decode(%s) = %v, want %s", doc, err, want)
		}
	}
}

func TestDecodeCountsLiveSecrets(t *testing.T) {
	_, err := appjson.Decode([]byte(`{"id":"1","key":"k","secret":"a","secrets":["b","c",""]}`))
	const want = `secrets[2]: must be a string that is not empty; secrets: must leave at most 2 secrets live, found 3`
	if err == nil || err.Error() != want {
		t.Errorf("error = %v, want %s", err, want)
	}
}

func TestOnUnknownNamesWhatWasNotUnderstood(t *testing.T) {
	for name, tc := range map[string]struct {
		doc  string
		want []string
	}{
		"flat":   {`{"id":"1","key":"k","secret":"s","max_conections":5,"idempotency":{}}`, []string{"idempotency", "max_conections"}},
		"policy": {`{"id":"1","key":"k","secret":"s","max_connections":5,"color":1,"policy":{"limit":{},"limits":{"max":1},"webhooks":[{"url":"http://x","event_types":[],"when":1}]}}`, []string{"policy.webhooks[0].when", "policy.limits.max", "policy.limit", "color"}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			_, err := appjson.Decode([]byte(tc.doc), appjson.OnUnknown(func(p string) { got = append(got, p) }))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("unknown (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDecodePolicy(t *testing.T) {
	app := &contract.App{ID: "1", Key: "k", Secrets: []contract.Secret{"s"}, Enabled: true, Revision: 9}
	err := appjson.DecodePolicy(app, []byte(`{"limits":{"max_connections":"x"}}`))
	const want = `policy.limits.max_connections: must be a whole number, found "x"`
	if err == nil || err.Error() != want || app.Limits.MaxConnections != nil {
		t.Fatalf("error = %v, limit %v; want %s and an unchanged app", err, app.Limits.MaxConnections, want)
	}
	if err := appjson.DecodePolicy(app, []byte(`{"limits":{"max_connections":"3"}}`)); err != nil {
		t.Fatal(err)
	}
	wanted := &contract.App{
		ID: "1", Key: "k", Secrets: []contract.Secret{"s"}, Enabled: true, Revision: 9,
		Limits: contract.Limits{MaxConnections: new(uint32(3))},
	}
	if diff := cmp.Diff(wanted, app); diff != "" {
		t.Errorf("app (-want +got):\n%s", diff)
	}
}

// Stores with a column for each field must know all of them.
func TestFlatFieldsAreThoseOfTheFlatForm(t *testing.T) {
	app, err := appjson.Decode([]byte(`{"id":"a","key":"k","secret":"s","annotations_enabled":true,"channel_delta_compression":{},
		"channel_namespaces":[],"idempotency":{},"connection_recovery":{},"policy":{"limits":{"max_connections":1}}}`))
	if err != nil {
		t.Fatal(err)
	}
	if app.Extra != nil {
		t.Errorf("beside a policy the flat fields count: %s", app.Extra)
	}
	kinds := map[string]appjson.FieldKind{}
	for _, f := range appjson.FlatFields() {
		kinds[f.Name] = f.Kind
	}
	for name, want := range map[string]appjson.FieldKind{
		"max_connections": appjson.Number, "decay_seconds": appjson.Number, "terminate_on_limit": appjson.Flag, "enable_client_messages": appjson.Flag,
		"annotations_enabled": appjson.Flag, "webhooks": appjson.Value, "allowed_origins": appjson.Value, "message_rate_limit": appjson.Value, "idempotency": appjson.Value,
	} {
		if got, ok := kinds[name]; !ok || got != want {
			t.Errorf("%s: %v, %v", name, got, ok)
		}
	}
}
