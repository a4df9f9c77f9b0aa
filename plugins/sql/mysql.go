package main

import (
	"context"
	"crypto/x509"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"hash/fnv"
	"strings"
	"sync"

	"github.com/go-sql-driver/mysql"
	"github.com/hashicorp/go-hclog"

	"github.com/jackfield/jackfield/sdk"
	"github.com/jackfield/jackfield/sdk/contract"
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
	cfg.Timeout = dialTimeout
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

// mysqlCauses are what error numbers mean.
var mysqlCauses = map[fault][]uint16{
	{contract.ErrAuth, causePassword}:        {1045, 1251, 1275, 1524, 1698, 1862, 4151},
	{contract.ErrAuth, causeRights}:          {1044, 1142, 1143, 1227, 1370, 1419},
	{contract.ErrInvalid, causeDatabase}:     {1049},
	{contract.ErrConflict, causeOther}:       {1062, 1586},
	{contract.ErrConflict, causeThere}:       {1050, 1060, 1061},
	{contract.ErrUnavailable, causeReadOnly}: {1290, 1792, 1836},
	{contract.ErrOverloaded, causeSessions}:  {1040, 1203, 1226},
	{contract.ErrOverloaded, causeAgain}:     {1213},
	{contract.ErrOverloaded, causeOther}:     {1205, 3572},
	{contract.ErrTimeout, causeOther}:        {1317, 1969, 3024},
	{contract.ErrUnavailable, causeOther}:    {1053, 1077, 1079, 1129, 1130, 1146, 1152, 1158, 1159, 1160, 1161, 1927, 2006, 2013},
	{contract.ErrInvalid, causeForeign}:      {1267, 3988},
	{contract.ErrInvalid, causeOther}:        {1048, 1264, 1265, 1292, 1366, 1406, 3140, 3819, 4025},
}

func (mysqlDialect) fault(err error) fault {
	if my, ok := errors.AsType[*mysql.MySQLError](err); ok {
		for f, numbers := range mysqlCauses {
			for _, n := range numbers {
				if n == my.Number {
					return f
				}
			}
		}
		return fault{contract.ErrInternal, causeOther}
	}
	if errors.Is(err, mysql.ErrNoTLS) {
		return fault{contract.ErrUnavailable, causeNoTLS}
	}
	f := commonFault(err)
	if f.err != contract.ErrInternal {
		return f
	}
	_, badName := errors.AsType[x509.HostnameError](err)
	for _, end := range []error{mysql.ErrInvalidConn, driver.ErrBadConn, mysql.ErrMalformPkt, mysql.ErrPktSync, mysql.ErrBusyBuffer} {
		if badName || errors.Is(err, end) {
			f.err = contract.ErrUnavailable
		}
	}
	return f
}

// lockName is a name for GET_LOCK, which all databases of a server share and
// which has at most 64 letters.
func (m *mysqlServer) lockName(name string) string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name))
	return fmt.Sprintf("apps %x", h.Sum64())
}

func (m *mysqlServer) lock(ctx context.Context, s session, name string) error {
	if err := s.exec(ctx, fmt.Sprintf("SET SESSION lock_wait_timeout = %d", int(lockTimeout.Seconds()))); err != nil {
		return err
	}
	rows, err := s.query(ctx, "SELECT GET_LOCK(?, ?) AS got", m.lockName(name), int(lockTimeout.Seconds()))
	if err == nil && rows[0]["got"] != "1" {
		return fmt.Errorf("%w: another node is changing the schema for more than %v", contract.ErrUnavailable, lockTimeout)
	}
	return err
}

func (m *mysqlServer) unlock(ctx context.Context, s session, name string) error {
	_, err := s.query(ctx, "SELECT RELEASE_LOCK(?) AS freed", m.lockName(name))
	return errors.Join(err, s.exec(ctx, "SET SESSION lock_wait_timeout = DEFAULT"))
}
