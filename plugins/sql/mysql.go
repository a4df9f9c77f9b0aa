package main

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"sync"

	"github.com/go-sql-driver/mysql"
	"github.com/hashicorp/go-hclog"

	"github.com/jackfield/jackfield/sdk"
)

// mysqlServer is a MySQL or MariaDB server.
type mysqlServer struct {
	mysqlDialect
	db      *sql.DB
	schema  string // of the table; "" means the database of the session
	table   string
	poolMin int

	mu       sync.Mutex
	prepared map[string]*sql.Stmt
}

var _ database = (*mysqlServer)(nil)

// openMySQL opens the driver mysql.
func openMySQL(ctx context.Context, opts options, env sdk.Env) (*appManager, error) {
	opts.fill(3306, "root")
	return open(ctx, opts, env, func(o options) (database, error) { return newMySQL(o, env.Logger) })
}

// newMySQL makes a pool; it connects when it is used.
func newMySQL(o options, log hclog.Logger) (*mysqlServer, error) {
	cfg := mysql.NewConfig()
	cfg.User, cfg.Passwd, cfg.DBName = o.Username, o.Password.Reveal(), o.Database
	cfg.Net, cfg.Addr = "tcp", o.addr()
	if o.onSocket() {
		cfg.Net = "unix"
	}
	// The end of a transaction has no context of its own, so the connection has bounds too.
	cfg.Timeout, cfg.ReadTimeout, cfg.WriteTimeout = dialTimeout, answerWithin, answerWithin
	cfg.Logger = mysqlLog{log}
	// Strict: what does not fit is refused, not cut to size.
	cfg.Params = map[string]string{"time_zone": "'+00:00'", "sql_mode": "'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'"}
	var err error
	if cfg.TLS, err = o.tlsConfig(); err != nil {
		return nil, err
	}
	cfg.AllowFallbackToPlaintext = o.SSLMode == sslPrefer
	connector, err := mysql.NewConnector(cfg)
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(int(o.PoolMax))
	db.SetMaxIdleConns(int(o.PoolMax))
	db.SetConnMaxIdleTime(idleTimeout)
	schema, table := o.table()
	return &mysqlServer{db: db, schema: schema, table: table, poolMin: int(o.PoolMin), prepared: map[string]*sql.Stmt{}}, nil
}

// mysqlLog takes what the driver has to say; each of it is also an error of a call.
type mysqlLog struct{ log hclog.Logger }

// Print writes at debug level.
func (l mysqlLog) Print(v ...any) { l.log.Debug("mysql driver", "says", fmt.Sprint(v...)) }

func (m *mysqlServer) query(ctx context.Context, sql string, args ...any) (rows []row, err error) {
	for range readAttempts {
		rows, err = mysqlSession{m, nil, nil}.query(ctx, sql, args...)
		if err == nil || ctx.Err() != nil || !errors.Is(err, mysql.ErrInvalidConn) && !errors.Is(err, driver.ErrBadConn) {
			break
		}
	}
	return rows, err
}

func (m *mysqlServer) transact(ctx context.Context, f func(session) error) error {
	return again(m, func() error {
		// A transaction sees what others have committed and locks no gaps.
		tx, err := m.db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
		if err != nil {
			return err
		}
		if err := f(mysqlSession{m, tx, nil}); err != nil {
			return errors.Join(err, rollback(tx))
		}
		return tx.Commit()
	})
}

// rollback reports nothing of a transaction whose session is gone.
func rollback(tx *sql.Tx) error {
	_ = tx.Rollback()
	return nil
}

func (m *mysqlServer) alone(ctx context.Context, f func(session) error) error {
	c, err := m.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	return f(mysqlSession{m, nil, c})
}

// ping asks in as many sessions as are to be kept open, or as are free.
func (m *mysqlServer) ping(ctx context.Context) error {
	stats := m.db.Stats()
	n := max(1, min(m.poolMin, stats.MaxOpenConnections-stats.InUse))
	held := make([]*sql.Conn, 0, n)
	defer func() {
		for _, c := range held {
			_ = c.Close()
		}
	}()
	for range n {
		c, err := m.db.Conn(ctx)
		if err != nil {
			return err
		}
		held = append(held, c)
		if err := c.PingContext(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (m *mysqlServer) stats() poolStats {
	s := m.db.Stats()
	return poolStats{s.InUse, s.Idle, s.MaxOpenConnections, s.WaitCount}
}

func (m *mysqlServer) close() { _ = m.db.Close() }

// statement returns a prepared statement; it is prepared anew in each session
// that needs it.
func (m *mysqlServer) statement(ctx context.Context, text string) (*sql.Stmt, error) {
	m.mu.Lock()
	s := m.prepared[text]
	m.mu.Unlock()
	if s != nil {
		return s, nil
	}
	s, err := m.db.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if other := m.prepared[text]; other != nil {
		return other, s.Close()
	}
	m.prepared[text] = s
	return s, nil
}
