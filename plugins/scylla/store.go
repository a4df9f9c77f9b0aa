package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"

	gocql "github.com/apache/cassandra-gocql-driver/v2"
)

// store asks and changes rows. It is an appstore.Table; its errors are the contract's.
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

// Where names the table and the row.
func (s *store) Where(id string) string {
	if id == "" {
		return "table " + s.opts.table()
	}
	return fmt.Sprintf("table %s, row %q", s.opts.table(), id)
}

// Get returns the row with this id.
func (s *store) Get(ctx context.Context, id string) (r row, there bool, err error) {
	r, err = s.one(ctx, s.query(s.byID(), id))
	return r, r != nil, err
}

func (s *store) byID() string {
	return "SELECT " + list(s.columns) + " FROM " + s.opts.table() + " WHERE " + quoted(colID) + " = ?"
}

// one returns nil if there is no row.
func (s *store) one(ctx context.Context, q *gocql.Query) (row, error) {
	rows, err := s.rows(ctx, q, s.columns)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return rows[0], nil
}

// mostHolders bounds how many apps with one key are looked at; there should be one.
const mostHolders = 10

// Holders returns the ids of the rows that have this key as the index knows it.
func (s *store) Holders(ctx context.Context, key string) ([]string, error) {
	rows, err := s.rows(ctx, s.query(s.byKey(), key), []string{colID})
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.text(colID)
	}
	return ids, err
}

// Scan returns at most limit rows, after the one with the id after unless that is
// "", in the order of their tokens.
func (s *store) Scan(ctx context.Context, after string, limit int) (page []row, next string, err error) {
	stmt, args := "SELECT "+list(s.columns)+" FROM "+s.opts.table(), []any{}
	if after != "" {
		stmt, args = stmt+fmt.Sprintf(" WHERE token(%[1]s) > token(?)", quoted(colID)), []any{after}
	}
	page, err = s.rows(ctx, s.query(stmt+" LIMIT ?", append(args, limit)...).PageSize(limit), s.columns)
	if len(page) == limit {
		next = page[limit-1].ID()
	}
	return page, next, err
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
