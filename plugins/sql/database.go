package main

import "context"

// session executes statements one after the other. Arguments are text, numbers
// or nil.
type session interface {
	// query returns the rows of the answer.
	query(ctx context.Context, sql string, args ...any) ([]row, error)
	// exec executes a statement that answers with no rows.
	exec(ctx context.Context, sql string, args ...any) error
}

// database is a server with a pool of sessions. All methods may be called at the
// same time. Errors are those of the driver; fault says what they mean.
type database interface {
	dialect
	// query reads, in any session; once more if the session turns out to be dead.
	query(ctx context.Context, sql string, args ...any) ([]row, error)
	// transact calls f in a transaction, which is committed if f returns nil. f is
	// called again if the server gave up the transaction for another one's sake.
	transact(ctx context.Context, f func(session) error) error
	// alone calls f with a session that nobody else uses meanwhile.
	alone(ctx context.Context, f func(session) error) error
	// ping asks the server for an answer, and keeps the least number of sessions open.
	ping(ctx context.Context) error
	stats() poolStats
	// close ends all sessions and waits for those that are in use.
	close()
}

// poolStats are the figures of a pool.
type poolStats struct {
	inUse, idle, most int
	waits             int64 // how often somebody had to wait for a session
}

// dialect is how a database wants to be talked to.
type dialect interface {
	// product is the database's name, section where its options stand.
	product() string
	section() string
	quote(name string) string
	// arg is the place of the n-th argument, from 1.
	arg(n int) string
	typeOf(c column) string
	// tableOptions is what follows the columns of a new table.
	tableOptions() string
	// signed is whether numbers are stored in 32 bits with a sign.
	signed() bool
	// onOff is how false and true are written.
	onOff() [2]string
	// revision is an expression for the revision of a row, stamp one for the time
	// of a change that makes it grow, first one for that of a new row, and lately a
	// condition for rows that were changed in the last seconds. The table has the
	// column updated_at.
	revision(cat catalogue) string
	stamp(cat catalogue) string
	first(cat catalogue) string
	lately(cat catalogue, seconds int) string
	// step is by how many microseconds updated_at grows at least.
	step(cat catalogue) int
	// look reads the catalogue.
	look(ctx context.Context, s session) (catalogue, error)
	// extras are changes beside tables and columns that the table lacks.
	extras(cat catalogue) []change
	// lock waits until no other session has the lock of this name; unlock gives it
	// back, and so does the end of the session.
	lock(ctx context.Context, s session, name string) error
	unlock(ctx context.Context, s session, name string) error
	fault(err error) fault
}
