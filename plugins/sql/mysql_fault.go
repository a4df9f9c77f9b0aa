package main

import (
	"crypto/x509"
	"database/sql/driver"
	"errors"

	"github.com/go-sql-driver/mysql"

	"github.com/jackfield/jackfield/sdk/contract"
)

// mysqlCauses are what error numbers mean.
var mysqlCauses = map[fault][]uint16{
	{contract.ErrAuth, causePassword}:        {1045, 1251, 1275, 1524, 1698, 1862, 4151},
	{contract.ErrAuth, causeRights}:          {1044, 1142, 1143, 1227, 1370, 1419},
	{contract.ErrInvalid, causeDatabase}:     {1049},
	{contract.ErrConflict, causeOther}:       {1062, 1586},
	{contract.ErrConflict, causeThere}:       {1050, 1060, 1061},
	{contract.ErrUnavailable, causeReadOnly}: {1290, 1792, 1836},
	{contract.ErrUnsupported, causeRights}:   {1347}, // not to a view
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
	switch {
	case errors.Is(err, mysql.ErrNoTLS):
		return fault{contract.ErrUnavailable, causeNoTLS}
	case errors.Is(err, errLocked):
		return fault{contract.ErrOverloaded, causeBusy}
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
