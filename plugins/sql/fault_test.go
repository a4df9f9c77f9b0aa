package main

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/jackfield/jackfield/sdk/contract"
)

func pgError(code string) error { return fmt.Errorf("query: %w", &pgconn.PgError{Code: code}) }

func myError(number uint16) error {
	return fmt.Errorf("query: %w", &mysql.MySQLError{Number: number})
}

func TestErrorsOfTheDriversHaveAMeaning(t *testing.T) {
	pg, my := &postgres{}, &mysqlServer{}
	for name, test := range map[string]struct {
		d    dialect
		err  error
		want error
	}{
		"a unique key, PostgreSQL":        {pg, pgError("23505"), contract.ErrConflict},
		"a unique key, MySQL":             {my, myError(1062), contract.ErrConflict},
		"a value that does not fit":       {pg, pgError("22001"), contract.ErrInvalid},
		"a value that does not fit, too":  {my, myError(1406), contract.ErrInvalid},
		"a server that shuts down":        {pg, pgError("57P01"), contract.ErrUnavailable},
		"a server that starts":            {pg, pgError("57P03"), contract.ErrUnavailable},
		"a server that ends, MySQL":       {my, myError(1053), contract.ErrUnavailable},
		"no session left":                 {pg, pgError("53300"), contract.ErrOverloaded},
		"no session left, MySQL":          {my, myError(1040), contract.ErrOverloaded},
		"a deadlock":                      {pg, pgError("40P01"), contract.ErrOverloaded},
		"a statement that was cancelled":  {pg, pgError("57014"), contract.ErrTimeout},
		"a table that is gone":            {pg, pgError("42P01"), contract.ErrUnavailable},
		"a table that is gone, MySQL":     {my, myError(1146), contract.ErrUnavailable},
		"a mistake of ours":               {pg, pgError("42601"), contract.ErrInternal},
		"a mistake of ours, MySQL":        {my, myError(1064), contract.ErrInternal},
		"a connection that ended":         {pg, fmt.Errorf("read: %w", io.ErrUnexpectedEOF), contract.ErrUnavailable},
		"a connection that ended, MySQL":  {my, driver.ErrBadConn, contract.ErrUnavailable},
		"a connection that was cut":       {my, mysql.ErrInvalidConn, contract.ErrUnavailable},
		"a closed connection":             {pg, pgconn.ErrConnClosed, contract.ErrUnavailable},
		"a deadline that passed":          {pg, context.DeadlineExceeded, contract.ErrTimeout},
		"a caller who left":               {my, context.Canceled, contract.ErrTimeout},
		"an error that nobody knows":      {my, errors.New("oops"), contract.ErrInternal},
		"a lock that somebody has, MySQL": {my, errLocked, contract.ErrOverloaded},
	} {
		if got := test.d.fault(test.err).err; got != test.want {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}

func TestATransactionThatWasGivenUpIsTriedAgainAFewTimes(t *testing.T) {
	for name, test := range map[string]struct {
		d      dialect
		errs   []error
		calls  int
		passes bool
	}{
		"once, then it works":    {&postgres{}, []error{pgError("40001"), nil}, 2, true},
		"always":                 {&mysqlServer{}, []error{myError(1213), myError(1213), myError(1213), nil}, transactAttempts, false},
		"another error is final": {&postgres{}, []error{pgError("23505"), nil}, 1, false},
	} {
		calls := 0
		err := again(test.d, func() error {
			calls++
			return test.errs[calls-1]
		})
		if calls != test.calls || (err == nil) != test.passes {
			t.Errorf("%s: %d calls, %v", name, calls, err)
		}
	}
}
