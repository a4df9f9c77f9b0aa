package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"

	"github.com/jackfield/jackfield/sdk/contract"
)

// validate reports what is wrong with the files of a hop; a nil receiver is a
// plain hop.
func (t *tlsOptions) validate(path string, p *contract.OptionErrors) {
	if t == nil {
		return
	}
	if _, err := t.authorities(); err != nil {
		p.Addf(path+".ca_path", "%v", err)
	}
	if (t.ClientCertPath == "") != (t.ClientKeyPath == "") {
		p.Addf(path, "client_cert_path and client_key_path belong together; one of them is empty")
	} else if _, err := t.certificates(); err != nil {
		p.Addf(path+".client_cert_path", "%v", err)
	}
}

// config returns the TLS configuration of a hop, nil for a plain one. The name
// to verify is left to whoever dials.
func (t *tlsOptions) config() (*tls.Config, error) {
	if t == nil {
		return nil, nil
	}
	pool, err := t.authorities()
	if err != nil {
		return nil, err
	}
	certs, err := t.certificates()
	if err != nil {
		return nil, err
	}
	return &tls.Config{
		MinVersion: tls.VersionTLS12, RootCAs: pool, Certificates: certs,
		InsecureSkipVerify: t.AcceptInvalidCerts,
	}, nil
}

// authorities returns nil for those of the system.
func (t *tlsOptions) authorities() (*x509.CertPool, error) {
	if t.CAPath == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(t.CAPath)
	if err != nil {
		return nil, fmt.Errorf("cannot read the file of authorities: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, errors.New("holds no certificate in PEM form")
	}
	return pool, nil
}

func (t *tlsOptions) certificates() ([]tls.Certificate, error) {
	if t.ClientCertPath == "" {
		return nil, nil
	}
	cert, err := tls.LoadX509KeyPair(t.ClientCertPath, t.ClientKeyPath)
	if err != nil {
		return nil, fmt.Errorf("cannot use the client certificate and its key: %w", err)
	}
	return []tls.Certificate{cert}, nil
}

// secure makes the handshake; the name to verify is that of the address.
func secure(ctx context.Context, conn net.Conn, address string, config *tls.Config) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		host = address
	}
	config = config.Clone()
	config.ServerName = host
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	secured := tls.Client(conn, config)
	if err := secured.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, &net.OpError{Op: "dial", Net: networkTLS, Addr: conn.RemoteAddr(), Err: err}
	}
	return secured, nil
}

// networkTLS marks errors of the handshake.
const networkTLS = "tls"
