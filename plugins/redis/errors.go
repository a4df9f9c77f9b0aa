package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/jackfield/jackfield/sdk/contract"
)

// refusedMemory is how long to wait after Redis was out of memory.
const refusedMemory = time.Second

type answer struct {
	begin  string
	err    error
	passes bool
	cure   string
}

// answers pairs the beginning of what Redis answers with what it means and what
// to do about it. All of them say that nothing was done; what passes is worth
// another try at once.
var answers = []answer{
	{"WRONGPASS", contract.ErrAuth, false, "set the right username and password"},
	{"NOAUTH", contract.ErrAuth, false, "set the username and password"},
	{"ERR AUTH", contract.ErrAuth, false, "the server knows no users or wants no password: leave username and password empty"},
	{"ERR invalid password", contract.ErrAuth, false, "set the right password"},
	{"NOPERM", contract.ErrAuth, false, "give the user the rights that docs/redis.md lists"},
	{"ERR The user executing the script", contract.ErrAuth, false, "give the user the rights that docs/redis.md lists"},
	{"ERR ACL failure in script", contract.ErrAuth, false, "give the user the rights that docs/redis.md lists"},
	{"OOM", contract.ErrOverloaded, false, "raise maxmemory"},
	{"MISCONF", contract.ErrUnavailable, false, "the server cannot write to its disk"},
	{"ERR DB index", contract.ErrUnavailable, false, "set the number of a database that the server has"},
	{"ERR This instance has cluster support disabled", contract.ErrUnavailable, false, `it is no cluster: use driver "redis"`},
	{"ASK", contract.ErrUnavailable, true, "the slot is being moved"},
	{"MOVED", contract.ErrUnavailable, true, `it belongs to a cluster: use driver "redis-cluster"`},
	{"ERR max number of clients", contract.ErrUnavailable, true, "raise maxclients"},
	{"NOREPLICAS", contract.ErrUnavailable, true, "min-replicas-to-write is not met"},
	{"BUSY", contract.ErrUnavailable, true, "somebody's script keeps it busy"},
	{"LOADING", contract.ErrUnavailable, true, ""},
	{"READONLY", contract.ErrUnavailable, true, ""},
	{"MASTERDOWN", contract.ErrUnavailable, true, ""},
	{"CLUSTERDOWN", contract.ErrUnavailable, true, ""},
	{"TRYAGAIN", contract.ErrUnavailable, true, ""},
}

// explain returns err as one of the contract's errors, with where it happened
// and what to do. It never holds a secret. nil stays nil.
func (c *client) explain(err error) error {
	if err == nil {
		return nil
	}
	cure, kind := meaning(err)
	if cure == "" && broke(err) {
		cure = c.options.suspicion()
	}
	where := fmt.Sprintf("redis at %s", strings.Join(c.options.Addresses, ", "))
	if c.options.Mode == modeSentinel {
		where = fmt.Sprintf("redis master %q of the sentinels at %s", c.options.MasterName, strings.Join(c.options.Addresses, ", "))
	}
	if c.options.Source != "" {
		where += " (" + c.options.Source + ")"
	}
	if cure != "" {
		cure = "; " + cure
	}
	err = fmt.Errorf("%w: %s: %w%s", kind, where, err, cure)
	if errors.Is(kind, contract.ErrOverloaded) {
		return &contract.RetryError{Err: err, After: refusedMemory}
	}
	return err
}

// suspicion is what a server may want that ends connections without a word.
func (c *connectionOptions) suspicion() string {
	switch {
	case c.TLS == nil:
		return "if this does not pass, the server may want TLS: use rediss:// or enable master_tls"
	case c.TLS.ClientCertPath == "":
		return "if this does not pass, the server may want a certificate: set client_cert_path and client_key_path"
	}
	return ""
}

// meaning sorts an error.
func meaning(err error) (cure string, kind error) {
	if errors.Is(err, redis.ErrClosed) {
		return "", contract.ErrClosed
	}
	if errors.Is(err, errUnconfirmed) {
		return "see whether the replica hangs; without it jobs are accepted again once it is gone or silent for long", contract.ErrUnavailable
	}
	if cure, kind := answered(err); kind != nil {
		return cure, kind
	}
	if cure, kind := secured(err); kind != nil {
		return cure, kind
	}
	if refused, ok := errors.AsType[*net.OpError](err); ok && refused.Op == "dial" {
		return "start it, or set the right address and port", contract.ErrUnavailable
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) || errors.Is(err, os.ErrDeadlineExceeded) {
		return "", contract.ErrTimeout
	}
	return "", contract.ErrUnavailable
}

// answered sorts what Redis itself said.
func answered(err error) (cure string, kind error) {
	said, ok := errors.AsType[redis.Error](err)
	if !ok || errors.Is(err, redis.Nil) {
		return "", nil
	}
	for _, a := range answers {
		if strings.HasPrefix(said.Error(), a.begin) {
			return a.cure, a.err
		}
	}
	return "", contract.ErrInternal
}

// passes reports whether Redis refused a command for a reason that ends by itself.
func passes(err error) bool {
	said, ok := errors.AsType[redis.Error](err)
	return ok && slices.ContainsFunc(answers, func(a answer) bool {
		return a.passes && strings.HasPrefix(said.Error(), a.begin)
	})
}

// secured sorts what went wrong in TLS.
func secured(err error) (cure string, kind error) {
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return "the server does not answer in TLS: use redis://, or its TLS port", contract.ErrUnavailable
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return "set ca_path to the authority of the server's certificate", contract.ErrAuth
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return "use an address that the server's certificate names", contract.ErrAuth
	}
	if strings.Contains(err.Error(), "remote error: tls: ") {
		return "the server refused our certificate: set client_cert_path and client_key_path", contract.ErrAuth
	}
	if failed, ok := errors.AsType[*net.OpError](err); ok && failed.Net == networkTLS {
		return "the server does not answer in TLS: use redis://, or its TLS port", contract.ErrUnavailable
	}
	return "", nil
}

// notDone reports whether err proves that the server did not execute the
// command, so that anything may be repeated.
func notDone(err error) bool {
	if dialing, ok := errors.AsType[*net.OpError](err); ok && dialing.Op == "dial" {
		return true
	}
	return errors.Is(err, redis.ErrPoolTimeout) || passes(err)
}

// broke reports whether a connection ended under a command, which may have been
// executed.
func broke(err error) bool {
	for _, end := range []error{io.EOF, io.ErrUnexpectedEOF, net.ErrClosed, syscall.ECONNRESET, syscall.EPIPE} {
		if errors.Is(err, end) {
			return true
		}
	}
	if system, ok := errors.AsType[*os.SyscallError](err); ok {
		return !system.Timeout()
	}
	network, ok := errors.AsType[*net.OpError](err)
	return ok && !network.Timeout()
}
