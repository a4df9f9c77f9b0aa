package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/jackfield/jackfield/sdk/contract"
)

// The tables that Sockudo makes, as far as it says what they hold.
var foreignTables = map[string]string{
	"pgsql": `CREATE TABLE applications (
		id VARCHAR(255) PRIMARY KEY, key VARCHAR(255) UNIQUE NOT NULL, secret VARCHAR(255) NOT NULL,
		max_connections INTEGER NOT NULL, enable_client_messages BOOLEAN NOT NULL DEFAULT FALSE,
		enabled BOOLEAN NOT NULL DEFAULT TRUE, max_backend_events_per_second INTEGER,
		max_client_events_per_second INTEGER NOT NULL, max_read_requests_per_second INTEGER,
		max_presence_members_per_channel INTEGER, max_presence_member_size_in_kb INTEGER,
		max_channel_name_length INTEGER, max_event_channels_at_once INTEGER, max_event_name_length INTEGER,
		max_event_payload_in_kb INTEGER, max_event_batch_size INTEGER, enable_user_authentication BOOLEAN,
		enable_watchlist_events BOOLEAN, policy JSONB, webhooks JSONB, allowed_origins JSONB,
		channel_delta_compression JSONB, idempotency JSONB, connection_recovery JSONB,
		created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP, updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP);`,
	"mysql": "CREATE TABLE applications (" +
		"id VARCHAR(255) CHARACTER SET ascii COLLATE ascii_general_ci PRIMARY KEY," +
		"`key` VARCHAR(255) CHARACTER SET ascii COLLATE ascii_general_ci UNIQUE NOT NULL, secret VARCHAR(255) NOT NULL," + `
		max_connections INT UNSIGNED NOT NULL, enable_client_messages BOOLEAN NOT NULL DEFAULT FALSE,
		enabled BOOLEAN NOT NULL DEFAULT TRUE, max_backend_events_per_second INT UNSIGNED NULL,
		max_client_events_per_second INT UNSIGNED NOT NULL, max_read_requests_per_second INT UNSIGNED NULL,
		max_presence_members_per_channel INT UNSIGNED NULL, max_presence_member_size_in_kb INT UNSIGNED NULL,
		max_channel_name_length INT UNSIGNED NULL, max_event_channels_at_once INT UNSIGNED NULL,
		max_event_name_length INT UNSIGNED NULL, max_event_payload_in_kb INT UNSIGNED NULL,
		max_event_batch_size INT UNSIGNED NULL, enable_user_authentication BOOLEAN NULL,
		enable_watchlist_events BOOLEAN NULL, policy JSON NULL, webhooks JSON NULL, allowed_origins JSON NULL,
		channel_delta_compression JSON NULL, idempotency JSON NULL, connection_recovery JSON NULL,
		created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
		updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP
		) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;`,
}

// foreign makes such a table in a new database and returns options for it.
func foreign(t *testing.T, p product, rows string) options {
	t.Helper()
	o := optionsFor(p.shared(), p.shared().Database(t))
	p.shared().SQL(t, o.Database, foreignTables[p.driver]+p.inSQL(rows))
	return o
}

// inSQL writes the column key, a word of MySQL's own, as the database wants it.
func (p product) inSQL(statements string) string {
	if p.driver == "mysql" {
		return strings.ReplaceAll(statements, `"key"`, "`key`")
	}
	return statements
}

const foreignRows = `
INSERT INTO applications (id, "key", secret, max_connections, max_client_events_per_second, enable_client_messages,
	max_backend_events_per_second, max_event_payload_in_kb, enable_user_authentication, webhooks, allowed_origins, idempotency)
VALUES ('flat', 'flat-key', 's', 100, 0, TRUE, 7, 64, TRUE,
	'[{"url":"https://example.com/h","event_types":["member_added"]}]', '["https://a.example"]', '{"enabled":true}');
INSERT INTO applications (id, "key", secret, max_connections, max_client_events_per_second, enabled, allowed_origins, policy)
VALUES ('nested', 'nested-key', 's', 1, 2, FALSE, '["https://ignored.example"]',
	'{"limits":{"max_connections":50,"max_client_events_per_second":5,"decay_seconds":3,"max_event_batch_size":null,
	"message_rate_limit":{"enabled":true}},"features":{"enable_client_messages":true,"enable_watchlist_events":null},
	"channels":{"allowed_origins":null},"webhooks":null,"history":{"enabled":true}}');
INSERT INTO applications (id, "key", secret, max_connections, max_client_events_per_second, policy, webhooks, allowed_origins)
VALUES ('nulls', 'nulls-key', 's', 9, 0, 'null', 'null', NULL);`

func foreignApps() map[string]*contract.App {
	return map[string]*contract.App{
		"flat": {
			ID: "flat", Key: "flat-key", Secrets: []contract.Secret{"s"}, Enabled: true,
			Limits: contract.Limits{
				MaxConnections: number(100), MaxClientEventsPerSecond: number(0),
				MaxBackendEventsPerSecond: number(7), MaxEventPayloadInKB: number(64),
			},
			Features:       contract.Features{ClientMessages: true, UserAuthentication: true},
			Webhooks:       []contract.Webhook{{URL: "https://example.com/h", EventTypes: []string{"member_added"}}},
			AllowedOrigins: []string{"https://a.example"}, Extra: []byte(`{"idempotency":{"enabled":true}}`),
		},
		"nested": {
			ID: "nested", Key: "nested-key", Secrets: []contract.Secret{"s"},
			Limits: contract.Limits{
				MaxConnections: number(50), MaxClientEventsPerSecond: number(5), DecaySeconds: number(3),
				MessageRateLimit: &contract.MessageRateLimit{Enabled: true, MaxAttempts: 60, DecaySeconds: 60},
			},
			Features: contract.Features{ClientMessages: true}, Extra: []byte(`{"history":{"enabled":true}}`),
		},
		"nulls": {
			ID: "nulls", Key: "nulls-key", Secrets: []contract.Secret{"s"}, Enabled: true,
			Limits: contract.Limits{MaxConnections: number(9), MaxClientEventsPerSecond: number(0)},
		},
	}
}

// sameApp compares two apps, but for the revision and the spaces in Extra.
func sameApp(got, want *contract.App) string {
	reveal := cmp.Transformer("secret", func(s contract.Secret) string { return s.Reveal() })
	return cmp.Diff(compactApp(want), compactApp(got), cmpopts.IgnoreFields(contract.App{}, "Revision"), cmpopts.EquateEmpty(), reveal)
}

func compactApp(a *contract.App) contract.App {
	c := *a
	var extra bytes.Buffer
	if len(a.Extra) > 0 && json.Compact(&extra, a.Extra) == nil {
		c.Extra = extra.Bytes()
	}
	return c
}

func TestRowsOfAForeignTableAreReadInBothShapes(t *testing.T) {
	onBoth(t, func(t *testing.T, p product) {
		m := mustOpen(t, p, foreign(t, p, foreignRows))
		for id, want := range foreignApps() {
			got, err := m.FindByKey(t.Context(), id+"-key")
			if err != nil {
				t.Fatal(err)
			}
			if diff := sameApp(got, want); diff != "" || got.Revision == 0 {
				t.Errorf("app %s, revision %d (-want +got):\n%s", id, got.Revision, diff)
			}
		}
	})
}

// What is written satisfies the readers of both shapes.
func TestWhatIsWrittenIntoAForeignTableReadsTheSameInBothShapes(t *testing.T) {
	onBoth(t, func(t *testing.T, p product) {
		o := foreign(t, p, "")
		m := mustOpen(t, p, o)
		for _, want := range foreignApps() {
			if _, err := m.Create(t.Context(), want); err != nil {
				t.Fatal(err)
			}
		}
		both := p.shared().SQL(t, o.Database, "SELECT COUNT(*) FROM applications WHERE policy IS NOT NULL AND webhooks IS NOT NULL AND allowed_origins IS NOT NULL")
		if both != "3" {
			t.Errorf("%s rows of 3 have all documents, JSON's null among them", both)
		}
		p.shared().SQL(t, o.Database, "UPDATE applications SET policy = NULL")
		for id, want := range foreignApps() {
			if id == "nested" { // what flat columns cannot hold
				want.Limits.DecaySeconds, want.Limits.MessageRateLimit, want.Extra = nil, nil, nil
			}
			got, err := m.FindByID(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			if diff := sameApp(got, want); diff != "" {
				t.Errorf("app %s without its policy (-want +got):\n%s", id, diff)
			}
		}
	})
}

func TestNumbersAboveTwoBillionSurviveBothShapes(t *testing.T) {
	onBoth(t, func(t *testing.T, p product) {
		o := foreign(t, p, "")
		m := mustOpen(t, p, o)
		huge := app("huge")
		huge.Limits.MaxConnections, huge.Limits.MaxEventBatchSize = number(4_294_967_295), number(2_147_483_648)
		huge.Limits.MaxClientEventsPerSecond = number(0)
		if _, err := m.Create(t.Context(), huge); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			got, err := m.FindByID(t.Context(), "huge")
			if err != nil {
				t.Fatal(err)
			}
			if diff := sameApp(got, huge); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			p.shared().SQL(t, o.Database, "UPDATE applications SET policy = NULL")
		}
	})
}

// The collation of a foreign MySQL table takes large and small letters, and
// spaces at the end, for the same.
func TestIDsAndKeysAreExactWhateverTheCollation(t *testing.T) {
	onBoth(t, func(t *testing.T, p product) {
		m := mustOpen(t, p, foreign(t, p, foreignRows))
		for _, name := range []string{"Flat", "FLAT", "flat ", "flat\x00", "fl\xffat", "flát"} {
			if _, err := m.FindByID(t.Context(), name); !isErr(err, contract.ErrNotFound) {
				t.Errorf("id %q: %v", name, err)
			}
			if _, err := m.FindByKey(t.Context(), name+"-key"); !isErr(err, contract.ErrNotFound) {
				t.Errorf("key %q: %v", name, err)
			}
			if err := m.Delete(t.Context(), name, 0); !isErr(err, contract.ErrNotFound) {
				t.Errorf("delete %q: %v", name, err)
			}
			change := app(name)
			if err := second(m.Update(t.Context(), change)); !isErr(err, contract.ErrNotFound) && !isErr(err, contract.ErrInvalid) {
				t.Errorf("update %q: %v", name, err)
			}
		}
	})
}

func TestRevisionsOfAForeignTableGrowWithEachChange(t *testing.T) {
	onBoth(t, func(t *testing.T, p product) {
		m := mustOpen(t, p, foreign(t, p, foreignRows))
		last, err := m.FindByID(t.Context(), "flat")
		if err != nil {
			t.Fatal(err)
		}
		for i := range 5 {
			change := *last
			change.Limits.MaxConnections = number(uint32(i))
			now, err := m.Update(t.Context(), &change)
			if err != nil {
				t.Fatal(err)
			}
			if now.Revision <= last.Revision {
				t.Fatalf("revision %d after %d", now.Revision, last.Revision)
			}
			if err := second(m.Update(t.Context(), &change)); !isErr(err, contract.ErrConflict) {
				t.Errorf("update of an old revision: %v", err)
			}
			last = now
		}
	})
}
