package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	gocql "github.com/apache/cassandra-gocql-driver/v2"

	"github.com/jackfield/jackfield/sdk/contract"
)

// store asks and changes rows. Its errors are the contract's.
type store struct {
	opts    options
	session *gocql.Session
	columns []string // those that the table has and that are read
	copies  int      // of each row, 0 if unknown

	calls, failures atomic.Uint64
}

func list(columns []string) string {
	all := make([]string, len(columns))
	for i, name := range columns {
		all[i] = quoted(name)
	}
	return strings.Join(all, ", ")
}

// query prepares a look-up. A second node is asked as well if the first is slow.
func (s *store) query(stmt string, args ...any) *gocql.Query {
	q := s.session.Query(stmt, args...).Idempotent(true).Prefetch(0)
	if up, _ := s.nodes(); up > 1 {
		// With one node gocql would take "no second node" for the answer.
		q = q.SetSpeculativeExecutionPolicy(&gocql.SimpleSpeculativeExecution{NumAttempts: 1, TimeoutDelay: secondTryAfter})
	}
	return q
}

// rows runs a look-up for some of the columns.
func (s *store) rows(ctx context.Context, q *gocql.Query, columns []string) ([]row, error) {
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	s.calls.Add(1)
	iter := q.IterContext(ctx)
	var rows []row
	for scanner := iter.Scanner(); scanner.Next(); {
		cells := make([]cell, len(columns))
		into := make([]any, len(columns))
		for i := range cells {
			into[i] = &cells[i]
		}
		if err := scanner.Scan(into...); err != nil {
			return nil, errors.Join(s.fail(ctx, err), iter.Close())
		}
		r := row{}
		for i, name := range columns {
			r[name] = cells[i]
		}
		rows = append(rows, r)
	}
	if err := iter.Close(); err != nil {
		return nil, s.fail(ctx, err)
	}
	return rows, nil
}

// get returns the row with this id, nil if there is none.
func (s *store) get(ctx context.Context, id string) (row, error) {
	return s.one(ctx, s.query(s.byID(), id))
}

func (s *store) byID() string {
	return "SELECT " + list(s.columns) + " FROM " + s.opts.table() + " WHERE " + quoted(colID) + " = ?"
}

func (s *store) one(ctx context.Context, q *gocql.Query) (row, error) {
	rows, err := s.rows(ctx, q, s.columns)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return rows[0], nil
}

// mostHolders bounds how many apps with one key are looked at; there should be one.
const mostHolders = 10

// holders returns the ids of the rows that have this key as the index knows it.
func (s *store) holders(ctx context.Context, key string) ([]string, error) {
	columns := []string{colID}
	rows, err := s.rows(ctx, s.query(fmt.Sprintf("SELECT %s FROM %s WHERE %s = ? LIMIT %d",
		list(columns), s.opts.table(), quoted(colKey), mostHolders), key), columns)
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.text(colID)
	}
	return ids, err
}

// scan returns at most limit rows, after the one with the id from unless that is
// "", in the order of their tokens.
func (s *store) scan(ctx context.Context, from string, limit int) ([]row, error) {
	stmt, args := "SELECT "+list(s.columns)+" FROM "+s.opts.table(), []any{}
	if from != "" {
		stmt, args = stmt+fmt.Sprintf(" WHERE token(%[1]s) > token(?)", quoted(colID)), []any{from}
	}
	return s.rows(ctx, s.query(stmt+" LIMIT ?", append(args, limit)...).PageSize(limit), s.columns)
}

// insert writes the row of an app that is not there yet.
func (s *store) insert(ctx context.Context, r row) error {
	columns := append([]string{colID, colCreated}, changeable...)
	stmt := "INSERT INTO " + s.opts.table() + " (" + list(columns) + ") VALUES (?" + strings.Repeat(", ?", len(columns)-1) + ") IF NOT EXISTS"
	now := time.Now()
	return s.apply(ctx, r.text(colID), nil, r, stmt, append([]any{r.text(colID), now}, r.values(now)...))
}

// replace writes a row in place of before.
func (s *store) replace(ctx context.Context, r, before row) error {
	stmt := "UPDATE " + s.opts.table() + " SET "
	for i, name := range changeable {
		if i > 0 {
			stmt += ", "
		}
		stmt += quoted(name) + " = ?"
	}
	condition, args := unchanged(before)
	args = append(append(r.values(time.Now()), before.text(colID)), args...)
	return s.apply(ctx, before.text(colID), before, r, stmt+" WHERE "+quoted(colID)+" = ? IF "+condition, args)
}

// remove deletes a row.
func (s *store) remove(ctx context.Context, before row) error {
	condition, args := unchanged(before)
	stmt := "DELETE FROM " + s.opts.table() + " WHERE " + quoted(colID) + " = ? IF " + condition
	return s.apply(ctx, before.text(colID), before, nil, stmt, append([]any{before.text(colID)}, args...))
}

// unchanged is true while a row is at the revision that it has in before.
func unchanged(before row) (condition string, args []any) {
	if revision := before[colRevision].value; revision != nil {
		return quoted(colRevision) + " = ?", []any{revision}
	}
	if key := before[colKey].value; key != nil { // a row that is gone has no revision either, but no key
		return quoted(colRevision) + " = null AND " + quoted(colKey) + " = ?", []any{key}
	}
	return "EXISTS", nil
}

// applyTries bounds how often a change is sent whose outcome was unknown.
const applyTries = 3

// apply makes a conditional change: before is what must stand under the id, after
// what stands there then; nil is nothing. It returns errChanged if the condition
// does not hold. Where the answer was lost it looks at what stands there.
func (s *store) apply(ctx context.Context, id string, before, after row, stmt string, args []any) error {
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	for try := 1; ; try++ {
		s.calls.Add(1)
		applied, err := s.session.Query(stmt, args...).Consistency(s.writing()).MapScanCASContext(ctx, map[string]any{})
		switch {
		case err == nil && applied:
			return nil
		case err == nil && try == 1:
			return errChanged
		case err != nil && !unknown(err):
			return s.fail(ctx, err)
		case try == applyTries:
			return s.fail(ctx, errors.Join(contract.ErrTimeout, err))
		}
		now, lookErr := s.one(ctx, s.query(s.byID(), id).Consistency(gocql.Serial))
		switch {
		case lookErr != nil:
			return lookErr
		case now.is(after):
			return nil
		case !now.is(before):
			return errChanged
		}
	}
}

// is reports whether both rows are the same app in the same state, as far as
// this plugin writes it. nil is no row.
func (r row) is(other row) bool {
	if r == nil || other == nil {
		return r == nil && other == nil
	}
	mine, others := r.values(time.Time{}), other.values(time.Time{})
	return slices.EqualFunc(mine, others, func(a, b any) bool { return fmt.Sprint(a) == fmt.Sprint(b) })
}

// writing is the consistency of changes: never less than a quorum.
func (s *store) writing() gocql.Consistency {
	switch c := consistencies[s.opts.Consistency]; c {
	case gocql.Quorum, gocql.All:
		return c
	default:
		return gocql.LocalQuorum
	}
}

// nodes returns how many nodes can be reached and how many there are.
func (s *store) nodes() (up, all int) {
	hosts := s.session.GetHosts()
	for _, host := range hosts {
		if host.IsUp() {
			up++
		}
	}
	return up, len(hosts)
}

// datacenters returns how many data centres the nodes are in.
func (s *store) datacenters() int {
	names := map[string]bool{}
	for _, host := range s.session.GetHosts() {
		names[host.DataCenter()] = true
	}
	return len(slices.Collect(maps.Keys(names)))
}
