package main

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/jackfield/jackfield/sdk"
)

// postgres is a PostgreSQL server.
type postgres struct {
	postgresDialect
	pool   *pgxpool.Pool
	schema string // of the table; "" means the first of the search path
	table  string
}

var (
	_ database = (*postgres)(nil)
	_ notifier = (*postgres)(nil)
)

// openPostgres opens the driver pgsql.
func openPostgres(ctx context.Context, opts options, env sdk.Env) (*appManager, error) {
	opts.fill(5432, "postgres")
	return open(ctx, opts, env, func(o options) (database, error) { return newPostgres(o) })
}

// newPostgres makes a pool; it connects when it is used.
func newPostgres(o options) (*postgres, error) {
	// What stands in the environment for other programs must not reach this one.
	cfg, err := pgxpool.ParseConfig("host=localhost sslmode=disable passfile=/dev/null")
	if err != nil {
		return nil, err
	}
	tlsConfig, err := o.tlsConfig()
	if err != nil {
		return nil, err
	}
	c := cfg.ConnConfig
	c.Host, c.Port, c.Database = o.Host, o.Port, o.Database
	c.User, c.Password = o.Username, o.Password.Reveal()
	c.TLSConfig, c.ConnectTimeout = tlsConfig, dialTimeout
	c.RuntimeParams = map[string]string{"application_name": "jackfield", "timezone": "UTC"}
	if o.SSLMode == sslPrefer && tlsConfig != nil {
		c.Fallbacks = []*pgconn.FallbackConfig{{Host: o.Host, Port: o.Port}}
	}
	cfg.MinConns, cfg.MaxConns = int32(o.PoolMin), int32(o.PoolMax)
	cfg.MaxConnIdleTime, cfg.HealthCheckPeriod = idleTimeout, 10*time.Second
	pool, err := pgxpool.NewWithConfig(context.Background(), cfg)
	if err != nil {
		return nil, err
	}
	schema, table := o.table()
	return &postgres{pool: pool, schema: schema, table: table}, nil
}

func (p *postgres) query(ctx context.Context, sql string, args ...any) (rows []row, err error) {
	for range readAttempts {
		rows, err = postgresSession{p.pool}.query(ctx, sql, args...)
		if err == nil || ctx.Err() != nil || !worthAnother(err) {
			break
		}
	}
	return rows, err
}

// worthAnother is whether a read may succeed in another session: this one was
// dead, or the table has got another column since the statement was prepared.
func worthAnother(err error) bool {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return pg.Code == "0A000" || pg.Code == "57P01"
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return false
	}
	return pgconn.SafeToRetry(err) || broken(err)
}

func (p *postgres) transact(ctx context.Context, f func(session) error) error {
	return again(p, func() error {
		return pgx.BeginFunc(ctx, p.pool, func(tx pgx.Tx) error { return f(postgresSession{tx}) })
	})
}

func (p *postgres) alone(ctx context.Context, f func(session) error) error {
	return p.pool.AcquireFunc(ctx, func(c *pgxpool.Conn) error { return f(postgresSession{c}) })
}

func (p *postgres) ping(ctx context.Context) error { return p.pool.Ping(ctx) }

func (p *postgres) stats() poolStats {
	s := p.pool.Stat()
	return poolStats{int(s.AcquiredConns()), int(s.IdleConns()), int(s.MaxConns()), s.EmptyAcquireCount()}
}

func (p *postgres) close() { p.pool.Close() }

// postgresSession is a pool, a session or a transaction.
type postgresSession struct {
	on interface {
		Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
		Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	}
}

func (s postgresSession) query(ctx context.Context, sql string, args ...any) ([]row, error) {
	asText := pgx.QueryResultFormats{pgx.TextFormatCode}
	rows, err := s.on.Query(ctx, sql, append([]any{asText}, args...)...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var found []row
	for rows.Next() {
		r := row{}
		for i, value := range rows.RawValues() {
			if value != nil {
				r[rows.FieldDescriptions()[i].Name] = string(value)
			}
		}
		found = append(found, r)
	}
	return found, rows.Err()
}

func (s postgresSession) exec(ctx context.Context, sql string, args ...any) error {
	_, err := s.on.Exec(ctx, sql, args...)
	return err
}
