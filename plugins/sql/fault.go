package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"

	"github.com/jackfield/jackfield/sdk/contract"
)

// cause is what the operator can do something about.
type cause int

const (
	causeOther    cause = iota
	causePassword       // the server refuses the user or the password
	causeDatabase       // there is no such database
	causeRights         // the user may not do this
	causeReadOnly       // the server takes no changes
	causeSessions       // the server has no session left
	causeThere          // what is to be made is there already
	causeNoTLS          // the server has no TLS
	causeAgain          // the transaction was given up and may be tried again
	causeBusy           // somebody else holds a lock for long
	causeForeign        // a text that the column cannot hold, so that no row has it
)

// fault is the meaning of an error: one of the contract's errors, and its cause.
type fault struct {
	err   error
	cause cause
}

// wrapped returns an error that is both the contract's and the driver's.
func (f fault) wrapped(doing string, err error) error {
	return fmt.Errorf("%s: %w: %w", doing, f.err, err)
}

// commonFault is the meaning of errors that do not come from the server.
func commonFault(err error) fault {
	var netErr net.Error
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return fault{contract.ErrTimeout, causeOther}
	case errors.As(err, &netErr), broken(err):
		return fault{contract.ErrUnavailable, causeOther}
	}
	return fault{contract.ErrInternal, causeOther}
}

// broken is whether the connection ended or could not be made.
func broken(err error) bool {
	for _, end := range []error{
		io.EOF, io.ErrUnexpectedEOF, net.ErrClosed, syscall.ECONNREFUSED, syscall.ECONNRESET, syscall.EPIPE,
	} {
		if errors.Is(err, end) {
			return true
		}
	}
	return false
}

// away is whether an error says that the server could not be asked, so that
// another server may know.
func away(err error) bool {
	return errors.Is(err, contract.ErrUnavailable) || errors.Is(err, contract.ErrTimeout) || errors.Is(err, contract.ErrOverloaded)
}
