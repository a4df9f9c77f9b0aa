package main

import (
	"errors"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/jackfield/jackfield/sdk/contract"
)

// postgresCauses are what SQLSTATE codes mean, by their beginnings; the longest
// that fits counts.
var postgresCauses = map[string]fault{
	"28":    {contract.ErrAuth, causePassword},
	"42501": {contract.ErrAuth, causeRights},
	"3D000": {contract.ErrInvalid, causeDatabase},
	"23505": {contract.ErrConflict, causeOther},
	"42701": {contract.ErrConflict, causeThere},
	"42710": {contract.ErrConflict, causeThere},
	"42P07": {contract.ErrConflict, causeThere},
	"42809": {contract.ErrUnsupported, causeRights}, // not to a view
	"25006": {contract.ErrUnavailable, causeReadOnly},
	"53300": {contract.ErrOverloaded, causeSessions},
	"40":    {contract.ErrOverloaded, causeAgain},
	"55P03": {contract.ErrOverloaded, causeBusy},
	"22021": {contract.ErrInvalid, causeForeign},
	"22P02": {contract.ErrInvalid, causeForeign},
	"22P05": {contract.ErrInvalid, causeForeign},
	"22":    {contract.ErrInvalid, causeOther},
	"23":    {contract.ErrInvalid, causeOther},
	"57014": {contract.ErrTimeout, causeOther},
	"57":    {contract.ErrUnavailable, causeOther},
	"53":    {contract.ErrUnavailable, causeOther},
	"58":    {contract.ErrUnavailable, causeOther},
	"08":    {contract.ErrUnavailable, causeOther},
	"42P01": {contract.ErrUnavailable, causeOther},
}

func (postgresDialect) fault(err error) fault {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		for _, n := range []int{5, 2} {
			if f, known := postgresCauses[pg.Code[:min(n, len(pg.Code))]]; known {
				return f
			}
		}
		return fault{contract.ErrInternal, causeOther}
	}
	if err != nil && strings.Contains(err.Error(), "refused TLS") {
		return fault{contract.ErrUnavailable, causeNoTLS} // pgconn has no value for it
	}
	f := commonFault(err)
	_, connecting := errors.AsType[*pgconn.ConnectError](err)
	if f.err == contract.ErrInternal && (connecting || errors.Is(err, pgconn.ErrConnClosed)) {
		f.err = contract.ErrUnavailable
	}
	return f
}
