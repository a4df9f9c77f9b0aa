package main

import (
	"context"
	"database/sql"
	"strings"
)

// mysqlSession is the pool, a transaction or a session.
type mysqlSession struct {
	server *mysqlServer
	tx     *sql.Tx
	conn   *sql.Conn
}

func (s mysqlSession) query(ctx context.Context, text string, args ...any) ([]row, error) {
	rows, err := s.rows(ctx, text, args)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	names, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	values, places := make([]sql.NullString, len(names)), make([]any, len(names))
	for i := range values {
		places[i] = &values[i]
	}
	var found []row
	for rows.Next() {
		if err := rows.Scan(places...); err != nil {
			return nil, err
		}
		r := row{}
		for i, v := range values {
			if v.Valid {
				r[strings.ToLower(names[i])] = v.String
			}
		}
		found = append(found, r)
	}
	return found, rows.Err()
}

// rows asks by a prepared statement, but in a session of its own, where the
// statements are few and never come again.
func (s mysqlSession) rows(ctx context.Context, text string, args []any) (*sql.Rows, error) {
	if s.conn != nil {
		return s.conn.QueryContext(ctx, text, args...)
	}
	if s.tx != nil {
		return s.tx.QueryContext(ctx, text, args...)
	}
	stmt, err := s.server.statement(ctx, text)
	if err != nil {
		return nil, err
	}
	return stmt.QueryContext(ctx, args...)
}

func (s mysqlSession) exec(ctx context.Context, text string, args ...any) (err error) {
	switch {
	case s.conn != nil:
		_, err = s.conn.ExecContext(ctx, text, args...)
	case s.tx != nil:
		_, err = s.tx.ExecContext(ctx, text, args...)
	default:
		_, err = s.server.db.ExecContext(ctx, text, args...)
	}
	return err
}
