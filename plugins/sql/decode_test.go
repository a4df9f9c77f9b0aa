package main

import (
	"errors"
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/jackfield/jackfield/sdk/appjson"
	"github.com/jackfield/jackfield/sdk/contract"
)

// rowWith is a good flat row with some columns replaced.
func rowWith(columns row) row {
	r := row{"id": "a", "key": "k", "secret": "s", "enabled": "true", "max_connections": "5", columnRevision: "17"}
	for name, text := range columns {
		r[name] = text
	}
	return r
}

func TestARowThatCannotBeReadIsRefusedWithItsColumn(t *testing.T) {
	tests := map[string]struct {
		columns row
		column  string
	}{
		"a policy that is a list":            {row{"policy": "[]"}, "policy"},
		"a policy that is a text":            {row{"policy": `"{}"`}, "policy"},
		"a policy that is a number":          {row{"policy": "0"}, "policy"},
		"a policy cut short":                 {row{"policy": `{"limits":{"max_connections":`}, "policy"},
		"an empty policy":                    {row{"policy": ""}, "policy"},
		"limits that are a list":             {row{"policy": `{"limits":[]}`}, "policy"},
		"a limit of the wrong type":          {row{"policy": `{"limits":{"max_connections":"many"}}`}, "policy"},
		"a negative limit in the policy":     {row{"policy": `{"limits":{"max_connections":-1}}`}, "policy"},
		"origins that are an object":         {row{"policy": `{"channels":{"allowed_origins":{}}}`}, "policy"},
		"a flat number that is none":         {row{"max_connections": "many"}, "max_connections"},
		"a flat number that is not whole":    {row{"max_event_batch_size": "1.5"}, "max_event_batch_size"},
		"a flat number beyond 32 bits":       {row{"max_connections": "4294967296"}, "max_connections"},
		"a flat number far below zero":       {row{"max_connections": "-4294967296"}, "max_connections"},
		"a flat flag that is none":           {row{"enable_client_messages": "perhaps"}, "enable_client_messages"},
		"enabled that is neither":            {row{"enabled": "perhaps"}, "enabled"},
		"flat origins that are a text":       {row{"allowed_origins": `"https://a.example"`}, "allowed_origins"},
		"flat origins that are not JSON":     {row{"allowed_origins": "https://a.example"}, "allowed_origins"},
		"flat webhooks that are an object":   {row{"webhooks": "{}"}, "webhooks"},
		"a flat webhook without event types": {row{"webhooks": `[{"url":"https://example.com"}]`}, "webhooks"},
		"no key":                             {row{"key": ""}, "key"},
		"no secret":                          {row{"secret": ""}, "secret"},
		"no secret but a previous one":       {row{"secret": "", "previous_secret": "old"}, "secret"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			app, err := appOf(rowWith(test.columns), true)
			problems, ok := errors.AsType[appjson.Problems](err)
			if app != nil || !ok || !errors.Is(err, contract.ErrInvalid) {
				t.Fatalf("app %v, error %v", app, err)
			}
			if got := (&unreadable{problems: problems}).column(); got != test.column {
				t.Errorf("column %s, want %s: %v", got, test.column, err)
			}
		})
	}
}

func TestRowsAreReadAsTheyStand(t *testing.T) {
	for name, test := range map[string]struct {
		columns row
		signed  bool
		right   func(*contract.App) bool
	}{
		"the policy counts, not the columns": {
			row{"policy": `{"limits":{"max_event_name_length":3}}`, "webhooks": "not JSON", "max_event_batch_size": "x"},
			false,
			func(a *contract.App) bool { return a.Limits.MaxConnections == nil && *a.Limits.MaxEventNameLength == 3 },
		},
		"JSON's null is no policy":             {row{"policy": " null "}, false, func(a *contract.App) bool { return *a.Limits.MaxConnections == 5 }},
		"a number above two billion, signed":   {row{"max_connections": "-1"}, true, func(a *contract.App) bool { return *a.Limits.MaxConnections == math.MaxUint32 }},
		"a number above two billion, unsigned": {row{"max_connections": "4294967295"}, false, func(a *contract.App) bool { return *a.Limits.MaxConnections == math.MaxUint32 }},
		"flags as numbers": {row{"enabled": "0", "enable_client_messages": "1"}, false, func(a *contract.App) bool {
			return !a.Enabled && a.Features.ClientMessages
		}},
		"flags as letters": {row{"enabled": "f", "enable_watchlist_events": "t"}, false, func(a *contract.App) bool {
			return !a.Enabled && a.Features.WatchlistEvents
		}},
		"a previous secret": {row{"previous_secret": "old"}, false, func(a *contract.App) bool {
			return len(a.Secrets) == 2 && a.Secrets[0] == "s" && a.Secrets[1] == "old"
		}},
		"the same secret twice": {row{"previous_secret": "s"}, false, func(a *contract.App) bool { return len(a.Secrets) == 1 }},
		"the revision":          {nil, false, func(a *contract.App) bool { return a.Revision == 17 }},
		"no revision":           {row{columnRevision: "-3"}, false, func(a *contract.App) bool { return a.Revision == 0 }},
		"a column of somebody":  {row{"plan": "gold"}, false, func(a *contract.App) bool { return len(a.Extra) == 0 }},
	} {
		app, err := appOf(rowWith(test.columns), test.signed)
		if err != nil || !test.right(app) {
			t.Errorf("%s: %+v, %v", name, app, err)
		}
	}
	bare := row{"id": "a", "key": "k", "secret": "s"}
	if app, err := appOf(bare, false); err != nil || !app.Enabled || app.Limits != (contract.Limits{}) {
		t.Errorf("a row with credentials alone: %+v, %v", app, err)
	}
}

// rowOf is the row that a record leaves behind.
func rowOf(rec record) row {
	r := row{}
	for name, value := range rec {
		if text, ok := value.(string); ok {
			r[name] = text
		}
	}
	return r
}

func TestAnAppIsReadAsItWasWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want, signed := drawApp(t), rapid.Bool().Draw(t, "signed")
		rec, stored, err := recordOf(want, signed, [2]string{"0", "1"})
		if err != nil {
			t.Fatal(err)
		}
		got, err := appOf(rowOf(rec), signed)
		if err != nil {
			t.Fatal(err)
		}
		for _, diff := range []string{sameApp(got, want), sameApp(stored, want)} {
			if diff != "" {
				t.Fatalf("(-want +got):\n%s", diff)
			}
		}
	})
}

func drawApp(t *rapid.T) *contract.App {
	limit := func(name string) *uint32 { return rapid.Ptr(rapid.Uint32(), true).Draw(t, name) }
	text := rapid.StringN(1, 20, 60)
	a := &contract.App{
		ID: text.Draw(t, "id"), Key: text.Draw(t, "key"), Enabled: rapid.Bool().Draw(t, "enabled"),
		Limits: contract.Limits{
			MaxConnections: limit("connections"), MaxClientEventsPerSecond: limit("client events"),
			MaxEventPayloadInKB: limit("payload"), DecaySeconds: limit("decay"), MaxChannelsPerConnection: limit("channels"),
			TerminateOnLimit: rapid.Bool().Draw(t, "terminate"),
		},
		Features:       contract.Features{ClientMessages: rapid.Bool().Draw(t, "messages"), TLSOnly: rapid.Bool().Draw(t, "tls")},
		AllowedOrigins: rapid.SliceOfN(text, 0, 3).Draw(t, "origins"),
	}
	for _, s := range rapid.SliceOfNDistinct(text, 1, 2, rapid.ID[string]).Draw(t, "secrets") {
		a.Secrets = append(a.Secrets, contract.Secret(s))
	}
	return a
}

// FuzzRow looks for rows that are read although a part of them could not be,
// and for rows that cannot be written back.
func FuzzRow(f *testing.F) {
	f.Add("a", "k", "s", "old", "true", "5", `{"limits":{}}`, `["https://a.example"]`, `[]`, true)
	f.Add("a", "k", "s", "", "0", "-1", "null", "null", `[{"url":"https://e.example","event_types":[]}]`, false)
	f.Fuzz(func(t *testing.T, id, key, secret, previous, enabled, limit, policy, origins, hooks string, signed bool) {
		r := row{
			"id": id, "key": key, "secret": secret, "previous_secret": previous, "enabled": enabled,
			"max_connections": limit, "policy": policy, "allowed_origins": origins, "webhooks": hooks,
		}
		app, err := appOf(r, signed)
		if (app == nil) != (err != nil) {
			t.Fatalf("app %v and error %v", app, err)
		}
		if err != nil {
			if problems, ok := errors.AsType[appjson.Problems](err); !ok || (&unreadable{problems: problems}).column() == "" {
				t.Fatalf("the error names no column: %v", err)
			}
			return
		}
		rec, _, err := recordOf(app, signed, [2]string{"false", "true"})
		if err != nil {
			t.Fatalf("an app that was read cannot be written: %v", err)
		}
		again, err := appOf(rowOf(rec), signed)
		if err != nil || sameApp(again, app) != "" {
			t.Fatalf("written and read again: %v\n%s", err, sameApp(again, app))
		}
	})
}
