package main

import "slices"

// kind is what the values of a column mean.
type kind int

const (
	kindText     kind = iota
	kindWhole         // a number from 0 to 2^32-1
	kindFlag          // true or false
	kindDocument      // JSON
	kindMoment        // date and time
)

// column is a column that the table has or may have.
type column struct {
	name string
	kind kind
	// needed columns are never NULL: an absent number is 0, an absent flag false.
	needed bool
	// postgres and mysql are the types in a table that we make, and of columns
	// that we add.
	postgres, mysql string
}

// Names of columns that the code knows by name.
const (
	columnID       = "id"
	columnKey      = "key"
	columnSecret   = "secret"
	columnPrevious = "previous_secret"
	columnEnabled  = "enabled"
	columnPolicy   = "policy"
	columnUpdated  = "updated_at"
)

// columns are all columns, in the order of a table that we make. Those of kind
// kindWhole, kindFlag and kindDocument have the names of the app's flat form.
var columns = []column{
	{columnID, kindText, true, "VARCHAR(255) PRIMARY KEY", exactText + " PRIMARY KEY"},
	{columnKey, kindText, true, "VARCHAR(255) UNIQUE NOT NULL", exactText + " UNIQUE NOT NULL"},
	{columnSecret, kindText, true, "VARCHAR(255) NOT NULL", "VARCHAR(255) NOT NULL"},
	{columnPrevious, kindText, false, "VARCHAR(255)", "VARCHAR(255) NULL"},
	{columnEnabled, kindFlag, true, "BOOLEAN NOT NULL DEFAULT TRUE", "BOOLEAN NOT NULL DEFAULT TRUE"},
	{"max_connections", kindWhole, true, "INTEGER NOT NULL DEFAULT 0", "INT UNSIGNED NOT NULL DEFAULT 0"},
	{"max_client_events_per_second", kindWhole, true, "INTEGER NOT NULL DEFAULT 0", "INT UNSIGNED NOT NULL DEFAULT 0"},
	{"enable_client_messages", kindFlag, true, "BOOLEAN NOT NULL DEFAULT FALSE", "BOOLEAN NOT NULL DEFAULT FALSE"},
	whole("max_backend_events_per_second"),
	whole("max_read_requests_per_second"),
	whole("max_presence_members_per_channel"),
	whole("max_presence_member_size_in_kb"),
	whole("max_channel_name_length"),
	whole("max_event_channels_at_once"),
	whole("max_event_name_length"),
	whole("max_event_payload_in_kb"),
	whole("max_event_batch_size"),
	flag("enable_user_authentication"),
	flag("enable_watchlist_events"),
	document(columnPolicy),
	document("webhooks"),
	document("allowed_origins"),
	document("channel_delta_compression"),
	document("idempotency"),
	document("connection_recovery"),
	{"created_at", kindMoment, false, "TIMESTAMP DEFAULT (now() AT TIME ZONE 'UTC')", "TIMESTAMP(6) NULL DEFAULT CURRENT_TIMESTAMP(6)"},
	{
		columnUpdated, kindMoment, false, "TIMESTAMP DEFAULT (now() AT TIME ZONE 'UTC')",
		"TIMESTAMP(6) NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6)",
	},
}

// exactText compares byte by byte.
const exactText = "VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"

func whole(name string) column { return column{name, kindWhole, false, "INTEGER", "INT UNSIGNED NULL"} }

func flag(name string) column { return column{name, kindFlag, false, "BOOLEAN", "BOOLEAN NULL"} }

func document(name string) column { return column{name, kindDocument, false, "JSONB", "JSON NULL"} }

// indispensable are the columns without which a table holds no apps.
var indispensable = []string{columnID, columnKey, columnSecret}

// defining is whether values of the column, beside the policy and the
// credentials, make an app in its flat form.
func (c column) defining() bool {
	return c.kind != kindText && c.kind != kindMoment && !slices.Contains([]string{columnPolicy, columnEnabled}, c.name)
}
