package appjson

import (
	"encoding/json"

	"github.com/jackfield/jackfield/sdk/contract"
)

// limitFields ties the name of each numeric limit to its place.
var limitFields = []struct {
	name string
	at   func(*contract.Limits) **uint32
}{
	{"max_connections", func(l *contract.Limits) **uint32 { return &l.MaxConnections }},
	{"max_backend_events_per_second", func(l *contract.Limits) **uint32 { return &l.MaxBackendEventsPerSecond }},
	{"max_client_events_per_second", func(l *contract.Limits) **uint32 { return &l.MaxClientEventsPerSecond }},
	{"max_read_requests_per_second", func(l *contract.Limits) **uint32 { return &l.MaxReadRequestsPerSecond }},
	{"max_presence_members_per_channel", func(l *contract.Limits) **uint32 { return &l.MaxPresenceMembersPerChan }},
	{"max_presence_member_size_in_kb", func(l *contract.Limits) **uint32 { return &l.MaxPresenceMemberSizeInKB }},
	{"max_channel_name_length", func(l *contract.Limits) **uint32 { return &l.MaxChannelNameLength }},
	{"max_event_channels_at_once", func(l *contract.Limits) **uint32 { return &l.MaxEventChannelsAtOnce }},
	{"max_event_name_length", func(l *contract.Limits) **uint32 { return &l.MaxEventNameLength }},
	{"max_event_payload_in_kb", func(l *contract.Limits) **uint32 { return &l.MaxEventPayloadInKB }},
	{"max_event_batch_size", func(l *contract.Limits) **uint32 { return &l.MaxEventBatchSize }},
	{"max_channels_per_connection", func(l *contract.Limits) **uint32 { return &l.MaxChannelsPerConnection }},
	{"decay_seconds", func(l *contract.Limits) **uint32 { return &l.DecaySeconds }},
}

// featureFields ties the name of each switch to its place.
var featureFields = []struct {
	name string
	at   func(*contract.Features) *bool
}{
	{"enable_client_messages", func(f *contract.Features) *bool { return &f.ClientMessages }},
	{"enable_user_authentication", func(f *contract.Features) *bool { return &f.UserAuthentication }},
	{"enable_watchlist_events", func(f *contract.Features) *bool { return &f.WatchlistEvents }},
	{"authorized_connections", func(f *contract.Features) *bool { return &f.AuthorizedConnections }},
	{"tls_only", func(f *contract.Features) *bool { return &f.TLSOnly }},
}

// foreignFields are settings that we do not have but carry along, with the
// policy part to which each belongs; "" is the policy itself. Only these have a
// place in the flat form.
var foreignFields = []struct {
	part, name string
	kind       FieldKind
}{
	{"channels", "annotations_enabled", Flag},
	{"channels", "channel_delta_compression", Value},
	{"channels", "channel_namespaces", Value},
	{"", "idempotency", Value},
	{"", "connection_recovery", Value},
}

// policyParts are the objects of a policy whose unknown fields are kept.
var policyParts = []string{"limits", "features", "channels"}

// parts are unknown fields by the policy part in which they stand; "" is the
// policy itself.
type parts map[string]map[string]json.RawMessage
