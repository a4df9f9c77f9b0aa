package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	gocql "github.com/apache/cassandra-gocql-driver/v2"

	"github.com/jackfield/jackfield/sdk/appstore"
	"github.com/jackfield/jackfield/sdk/contract"
)

// Insert writes the row of an app that is not there yet.
func (s *store) Insert(ctx context.Context, r row) error {
	columns := append([]string{colID, colCreated}, changeable...)
	stmt := "INSERT INTO " + s.opts.table() + " (" + list(columns) + ") VALUES (?" + strings.Repeat(", ?", len(columns)-1) + ") IF NOT EXISTS"
	now := time.Now()
	return s.apply(ctx, r.text(colID), nil, r, stmt, append([]any{r.text(colID), now}, r.values(now)...))
}

// Replace writes a row in place of before.
func (s *store) Replace(ctx context.Context, r, before row) error {
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

// Remove deletes a row.
func (s *store) Remove(ctx context.Context, before row) error {
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
// what stands there then; nil is nothing. It returns appstore.ErrChanged if the condition
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
			return appstore.ErrChanged
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
			return appstore.ErrChanged
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
