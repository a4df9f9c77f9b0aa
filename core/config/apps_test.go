package config

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jackfield/jackfield/sdk/contract"
)

const oneApp = `{"app_manager": {"array": {"apps": [{"id": "file", "key": "k", "secret": "s", "enabled": true}]}}}`

func TestAppsOfTheFile(t *testing.T) {
	c := mustLoad(t, "c.yaml", `
app_manager:
  array:
    apps:
      - {id: flat, key: k1, secret: s1, enabled: true, max_connections: 5}
      - {id: nested, key: k2, secret: s2, policy: {limits: {max_connections: "6"}, features: {enable_client_messages: true}}}
`)
	want := []*contract.App{
		{ID: "flat", Key: "k1", Secrets: []contract.Secret{"s1"}, Enabled: true, Limits: contract.Limits{MaxConnections: ptr[uint32](5)}},
		{
			ID: "nested", Key: "k2", Secrets: []contract.Secret{"s2"},
			Limits: contract.Limits{MaxConnections: ptr[uint32](6)}, Features: contract.Features{ClientMessages: true},
		},
	}
	if diff := cmp.Diff(want, c.Apps()); diff != "" {
		t.Error(diff)
	}
}

func TestDefaultAppOfTheEnvironment(t *testing.T) {
	for _, prefix := range []string{"SOCKUDO_DEFAULT_APP_", "DEFAULT_APP_", "SOKETI_DEFAULT_APP_"} {
		c := mustLoad(t, "c.json", oneApp, prefix+"ID=i", prefix+"KEY=k", prefix+"SECRET=s",
			prefix+"MAX_CONNECTIONS=7", prefix+"ALLOWED_ORIGINS=a.example, b.example", prefix+"ENABLE_WATCHLIST_EVENTS=on",
			"SOCKUDO_ENABLE_CLIENT_MESSAGES=1")
		hundred := ptr[uint32](100)
		want := []*contract.App{{
			ID: "i", Key: "k", Secrets: []contract.Secret{"s"}, Enabled: true,
			Limits: contract.Limits{
				MaxConnections: ptr[uint32](7), MaxBackendEventsPerSecond: hundred, MaxClientEventsPerSecond: hundred,
				MaxReadRequestsPerSecond: hundred, MaxPresenceMembersPerChan: hundred, MaxPresenceMemberSizeInKB: hundred,
				MaxChannelNameLength: hundred, MaxEventChannelsAtOnce: hundred, MaxEventNameLength: hundred,
				MaxEventPayloadInKB: hundred, MaxEventBatchSize: hundred,
			},
			Features:       contract.Features{ClientMessages: true, WatchlistEvents: true},
			AllowedOrigins: []string{"a.example", "b.example"},
		}}
		if diff := cmp.Diff(want, c.Apps()); diff != "" {
			t.Errorf("%s: %s", prefix, diff)
		}
		var given struct{ Apps []map[string]any }
		if err := json.Unmarshal(c.Choices()[contract.KindAppManager].Options, &given); err != nil {
			t.Fatal(err)
		}
		if len(given.Apps) != 1 || given.Apps[0]["id"] != "i" {
			t.Errorf("%s: driver memory is given %v", prefix, given)
		}
	}
}

func TestWhichAppsCount(t *testing.T) {
	credentials := []string{"DEFAULT_APP_ID=env", "DEFAULT_APP_KEY=k", "DEFAULT_APP_SECRET=s"}
	tests := map[string]struct {
		env  []string
		want string
	}{
		"those of the file":                        {nil, "file"},
		"that of the environment instead":          {credentials, "env"},
		"none if the default app is switched off":  {append(credentials[:3:3], "DEFAULT_APP_ENABLED=no"), ""},
		"switched off without credentials as well": {[]string{"SOCKUDO_DEFAULT_APP_ENABLED=false"}, ""},
		"empty names are not set":                  {[]string{"DEFAULT_APP_ID=", "DEFAULT_APP_KEY="}, "file"},
		"none if inline apps are skipped":          {[]string{"SOCKUDO_SKIP_INLINE_APPS=true"}, ""},
		"none if inline apps are not registered":   {[]string{"APP_MANAGER_REGISTER_INLINE_APPS=false"}, ""},
		"skipping leaves the environment's":        {append(credentials[:3:3], "SOCKUDO_SKIP_INLINE_APPS=true"), "env"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var ids []string
			for _, app := range mustLoad(t, "c.json", oneApp, tt.env...).Apps() {
				ids = append(ids, app.ID)
			}
			if got := strings.Join(ids, ","); got != tt.want {
				t.Errorf("apps %q, want %q", got, tt.want)
			}
		})
	}
}
