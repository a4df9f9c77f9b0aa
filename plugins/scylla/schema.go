package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	gocql "github.com/apache/cassandra-gocql-driver/v2"

	"github.com/jackfield/jackfield/sdk/appjson"
	"github.com/jackfield/jackfield/sdk/contract"
)

// answerBy is kept of the caller's time to tell him that it was not enough.
const answerBy = 500 * time.Millisecond

// askAgain is the hint of a schema that takes longer than one opening.
const askAgain = 250 * time.Millisecond

// own are the types of the columns that this plugin writes, in the order in
// which they are created.
var own = []struct{ name, typ string }{
	{colID, "text"},
	{colKey, "text"},
	{colSecret, "text"},
	{colSecrets, "list<text>"},
	{colEnabled, "boolean"},
	{colPolicy, "text"},
	{colRevision, "bigint"},
	{colCreated, "timestamp"},
	{colUpdated, "timestamp"},
}

// documented are the columns of the flat form in a new table, so that other
// programs find what they expect.
var documented = []string{
	"max_connections", "enable_client_messages", "max_backend_events_per_second", "max_client_events_per_second",
	"max_read_requests_per_second", "max_presence_members_per_channel", "max_presence_member_size_in_kb", "max_channel_name_length",
	"max_event_channels_at_once", "max_event_name_length", "max_event_payload_in_kb", "max_event_batch_size",
	"enable_user_authentication", "enable_watchlist_events", "webhooks", "allowed_origins", "channel_delta_compression",
	"idempotency", "connection_recovery",
}

// prepare makes keyspace, table, columns and index as far as they are missing.
// If that takes longer than ctx allows, the error is contract.ErrUnavailable
// with a hint when to ask again: what was begun is then gone on with.
func (s *store) prepare(ctx context.Context) error {
	for _, step := range []func(context.Context) error{s.keyspace, s.tableColumns, s.index, s.everywhere} {
		err := step(ctx)
		if err != nil && ctx.Err() != nil && !errors.Is(err, contract.ErrInvalid) {
			return &contract.RetryError{
				Err:   fmt.Errorf("%w: table %s is being prepared: %v", contract.ErrUnavailable, s.opts.table(), err),
				After: askAgain,
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// tableColumns creates the table, or adds to it what this plugin writes.
func (s *store) tableColumns(ctx context.Context) error {
	found, err := s.find(ctx)
	if err == nil && len(found) == 0 {
		if err = s.define(ctx, s.creation()); err == nil {
			found, err = s.find(ctx)
		}
	}
	if err != nil {
		return err
	}
	if err := s.checkColumns(found); err != nil {
		return err
	}
	for _, column := range own {
		if _, ok := found[column.name]; !ok {
			if err := s.addColumn(ctx, column.name, column.typ); err != nil {
				return err
			}
			found[column.name] = tableColumn{typ: column.typ}
		}
	}
	s.columns = readable(found)
	return nil
}

// readable are the columns that look-ups ask for.
func readable(found map[string]tableColumn) []string {
	columns := []string{colID, colKey, colSecret, colSecrets, colEnabled, colPolicy, colRevision}
	for _, f := range appjson.FlatFields() {
		if _, ok := found[f.Name]; ok {
			columns = append(columns, f.Name)
		}
	}
	return columns
}

func (s *store) creation() string {
	kinds := map[string]appjson.FieldKind{}
	for _, f := range appjson.FlatFields() {
		kinds[f.Name] = f.Kind
	}
	var columns []string
	for _, column := range own {
		columns = append(columns, quoted(column.name)+" "+column.typ)
	}
	columns[0] += " PRIMARY KEY"
	types := map[appjson.FieldKind]string{appjson.Number: "int", appjson.Flag: "boolean", appjson.Value: "text"}
	for _, name := range documented {
		columns = append(columns, quoted(name)+" "+types[kinds[name]])
	}
	return "CREATE TABLE IF NOT EXISTS " + s.opts.table() + " (" + strings.Join(columns, ", ") + ")"
}

// tableColumn is a column as the catalogue has it.
type tableColumn struct{ kind, typ string }

// find returns the columns of the table, none if there is no table.
func (s *store) find(ctx context.Context) (map[string]tableColumn, error) {
	s.calls.Add(1)
	iter := s.session.Query("SELECT column_name, kind, type FROM system_schema.columns WHERE keyspace_name = ? AND table_name = ?",
		strings.ToLower(s.opts.Keyspace), strings.ToLower(s.opts.TableName)).Idempotent(true).Consistency(gocql.LocalOne).IterContext(ctx)
	found := map[string]tableColumn{}
	var name string
	var column tableColumn
	for iter.Scan(&name, &column.kind, &column.typ) {
		found[name] = column
	}
	if err := iter.Close(); err != nil {
		return nil, s.fail(ctx, err)
	}
	return found, nil
}

// checkColumns refuses a table that is not one of apps.
func (s *store) checkColumns(found map[string]tableColumn) error {
	for _, column := range own {
		has, ok := found[column.name]
		isID := column.name == colID
		inKey := ok && has.kind != "regular" && has.kind != "static"
		switch {
		case ok && has.typ == column.typ && isID == inKey, !ok && !isID:
		default:
			return s.noTableOfApps(fmt.Sprintf("column %s must be %s, is %s (%s)", column.name, column.typ, has.typ, has.kind))
		}
	}
	for name, column := range found {
		if name != colID && (column.kind == "partition_key" || column.kind == "clustering") {
			return s.noTableOfApps(fmt.Sprintf("its primary key must be %s alone, has %s", colID, name))
		}
	}
	return nil
}

func (s *store) noTableOfApps(why string) error {
	return contract.OptionErrors{{Path: "table_name", Problem: fmt.Sprintf("%s is no table of apps: %s; name another table", s.opts.table(), why)}}
}

// addColumn adds a column, unless somebody else does at this moment.
func (s *store) addColumn(ctx context.Context, name, typ string) error {
	err := s.define(ctx, "ALTER TABLE "+s.opts.table()+" ADD "+quoted(name)+" "+typ)
	if err == nil {
		return nil
	}
	if found, lookErr := s.find(ctx); lookErr == nil {
		if _, ok := found[name]; ok {
			return nil
		}
	}
	return err
}
