package plugintest

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"

	"github.com/jackfield/jackfield/sdk/contract"
)

// SampleApps returns apps which together use every field: what a store must
// give back as it got it. Each call returns new values.
func SampleApps() []*contract.App {
	n := func(v uint32) *uint32 { return &v }
	return []*contract.App{
		{ID: "sample-plain", Key: "sample-plain-key", Secrets: []contract.Secret{"s1"}, Enabled: true},
		{ID: "sample-off", Key: "sample-off-key", Secrets: []contract.Secret{"new secret", "old secret"}},
		{
			ID: "sample-full", Key: "sample-full-key", Secrets: []contract.Secret{`quote " and é`}, Enabled: true,
			Limits: contract.Limits{
				MaxConnections: n(100), MaxBackendEventsPerSecond: n(0), MaxClientEventsPerSecond: n(3),
				MaxReadRequestsPerSecond: n(4), MaxPresenceMembersPerChan: n(5), MaxPresenceMemberSizeInKB: n(6),
				MaxChannelNameLength: n(7), MaxEventChannelsAtOnce: n(8), MaxEventNameLength: n(9),
				MaxEventPayloadInKB: n(10), MaxEventBatchSize: n(11), MaxChannelsPerConnection: n(12),
				DecaySeconds: n(13), TerminateOnLimit: true,
				MessageRateLimit: &contract.MessageRateLimit{Enabled: true, MaxAttempts: 14, DecaySeconds: 15, TerminateOnLimit: true},
			},
			Features: contract.Features{
				ClientMessages: true, UserAuthentication: true, WatchlistEvents: true,
				AuthorizedConnections: true, TLSOnly: true,
			},
			AllowedOrigins: []string{"https://example.com", "*.example.org"},
			Webhooks:       sampleWebhooks(),
			Extra:          json.RawMessage(`{"future":{"a":[1,2,{"b":null}]}}`),
		},
	}
}

func sampleWebhooks() []contract.Webhook {
	return []contract.Webhook{
		{
			URL: "https://example.com/hook?a=b", EventTypes: []string{"channel_occupied", "channel_vacated"},
			Filter: &contract.WebhookFilter{
				ChannelPrefix: "private-", ChannelSuffix: "-x", ChannelPattern: "^private-[a-z]+$",
				Namespaces: []string{"orders"},
			},
			Headers:          map[string]string{"X-Team": "a", "X-Other": "é"},
			Retry:            &contract.WebhookRetry{MaxAttempts: 3, MaxElapsedMS: 60_000, InitialBackoffMS: 100, MaxBackoffMS: 5000},
			RequestTimeoutMS: 2500,
		},
		{
			Lambda:     &contract.LambdaTarget{FunctionName: "hook", Region: "eu-central-1", Async: true},
			EventTypes: []string{"member_added"},
			Retry:      &contract.WebhookRetry{Disabled: true},
		},
	}
}

// appDiff names the first field in which two apps differ, or returns "".
// Secrets do not show themselves.
func appDiff(got, want *contract.App) string {
	if got == nil || want == nil {
		return fmt.Sprintf("got app %v, want app %v", got != nil, want != nil)
	}
	g, w := plainApp(*got), plainApp(*want)
	if w.Revision == 0 {
		g.Revision = 0
	}
	gv, wv := reflect.ValueOf(g), reflect.ValueOf(w)
	for i := range gv.NumField() {
		if !reflect.DeepEqual(gv.Field(i).Interface(), wv.Field(i).Interface()) {
			gj, _ := json.Marshal(gv.Field(i).Interface())
			wj, _ := json.Marshal(wv.Field(i).Interface())
			return fmt.Sprintf("%s differs: got %s, want %s", gv.Type().Field(i).Name, gj, wj)
		}
	}
	return ""
}

// plainApp writes an app so that equal ones are deeply equal: what is empty is
// nil, JSON has one form.
func plainApp(a contract.App) contract.App {
	a.Secrets = orNil(a.Secrets)
	a.AllowedOrigins = orNil(a.AllowedOrigins)
	a.Webhooks = orNil(slices.Clone(a.Webhooks))
	for i := range a.Webhooks {
		w := &a.Webhooks[i]
		w.EventTypes = orNil(w.EventTypes)
		if len(w.Headers) == 0 {
			w.Headers = nil
		}
		if w.Filter != nil {
			f := *w.Filter
			f.Namespaces = orNil(f.Namespaces)
			w.Filter = &f
		}
	}
	var extra map[string]any
	if json.Unmarshal(a.Extra, &extra) == nil && len(extra) > 0 {
		a.Extra, _ = json.Marshal(extra)
	} else {
		a.Extra = nil
	}
	return a
}

func orNil[E any](s []E) []E {
	if len(s) == 0 {
		return nil
	}
	return s
}
