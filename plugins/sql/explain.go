package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"syscall"

	"github.com/jackfield/jackfield/sdk/contract"
)

// explain turns the error of opening a database into one that names the key and
// the cure.
func (o *options) explain(d dialect, err error) error {
	if _, ok := errors.AsType[contract.OptionErrors](err); ok {
		return err
	}
	f := d.fault(err)
	key := func(names string) string { return d.section() + "." + names }
	switch f.cause {
	case causePassword:
		return o.saying(f.err, err, "%s: %s at %s refuses the user %q; correct name and password, or create the user",
			key("username, password"), d.product(), o.addr(), o.Username)
	case causeDatabase:
		return contract.OptionErrors{{Path: "database", Problem: fmt.Sprintf(
			"names %q, which does not exist at %s; create it (CREATE DATABASE %s), or correct the name", o.Database, o.addr(), o.Database,
		)}}
	case causeRights:
		return o.withoutRights(d, f, err)
	case causeSessions:
		return o.saying(f.err, err, "%s: the server at %s has no session left; lower pool_max (%d) or allow it more", key("pool_max"), o.addr(), o.PoolMax)
	case causeBusy:
		return &contract.RetryError{After: lockTimeout / 3, Err: o.saying(f.err, err,
			"%s.table_name: the schema of %s is being changed by another node for more than %v", d.section(), o.TableName, lockTimeout)}
	case causeNoTLS:
		return o.saying(f.err, err, "%s: is %s, and the server at %s has no TLS; switch it on there, or set prefer or disable",
			key("ssl_mode"), o.SSLMode, o.addr())
	}
	return o.explainNetwork(d, f, err)
}

// withoutRights says what the user needs.
func (o *options) withoutRights(d dialect, f fault, err error) error {
	what, grant := "may not read the table "+o.TableName, "SELECT, INSERT, UPDATE, DELETE ON "+o.TableName
	if c, ok := errors.AsType[*cannotCreate](err); ok {
		what, grant = "may neither see nor create the table "+c.table, "CREATE, SELECT, INSERT, UPDATE, DELETE on it or on its schema"
	}
	return o.saying(f.err, err, "%s.username: the user %q %s in database %q; GRANT %s",
		d.section(), o.Username, what, o.Database, grant)
}

func (o *options) explainNetwork(d dialect, f fault, err error) error {
	host := d.section() + ".host, port"
	dns, noName := errors.AsType[*net.DNSError](err)
	_, badName := errors.AsType[x509.HostnameError](err)
	_, badSign := errors.AsType[x509.UnknownAuthorityError](err)
	_, badTLS := errors.AsType[tls.RecordHeaderError](err)
	_, badCert := errors.AsType[*tls.CertificateVerificationError](err)
	switch {
	case noName:
		return o.saying(contract.ErrUnavailable, err, "%s.host: %q has no address; correct the name", d.section(), dns.Name)
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.ENOENT):
		return o.saying(contract.ErrUnavailable, err, "%s: nothing listens at %s; start the server, or correct host and port", host, o.addr())
	case badName, badSign, badTLS, badCert:
		return o.saying(contract.ErrUnavailable, err, "%s.ssl_mode, ssl_ca: is %s, and the certificate of %s does not pass; "+
			"name its authority in ssl_ca and its host in host, or set another mode", d.section(), o.SSLMode, o.addr())
	case errors.Is(err, context.DeadlineExceeded), isTimeout(err):
		return o.saying(contract.ErrUnavailable, err, "%s: %s does not answer as %s within %v; correct host and port, or look at the firewall",
			host, o.addr(), d.product(), openTimeout)
	case f.err == contract.ErrUnavailable:
		return o.saying(f.err, err, "%s: what answers at %s does not serve as %s; correct host and port, or look at the server",
			host, o.addr(), d.product())
	}
	return o.saying(f.err, err, "%s: %s at %s", d.section(), d.product(), o.addr())
}

func isTimeout(err error) bool {
	var n net.Error
	return errors.As(err, &n) && n.Timeout()
}

// saying is an error with a text for the operator, which ends with what the
// driver said.
func (o *options) saying(kind, err error, format string, args ...any) error {
	return &explained{text: fmt.Sprintf(format, args...) + " (" + err.Error() + ")", kind: kind}
}

// explained is one of the contract's errors with a text for the operator. It
// does not wrap the driver's error, of which some meanings would go first.
type explained struct {
	text string
	kind error
}

func (e *explained) Error() string { return e.text }

func (e *explained) Unwrap() error { return e.kind }
