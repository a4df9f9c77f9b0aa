package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"os"

	"github.com/jackfield/jackfield/sdk/contract"
)

// tlsConfig returns nil if TLS is not wanted. The files are read once; the error
// is contract.OptionErrors.
func (o *options) tlsConfig() (*tls.Config, error) {
	if o.SSLMode == sslDisable {
		return nil, nil
	}
	var p contract.OptionErrors
	cfg := &tls.Config{MinVersion: tls.VersionTLS12}
	if o.SSLCA != "" {
		roots, err := authorities(o.SSLCA)
		p.Unless(err == nil, "ssl_ca", "cannot be used: %v", err)
		cfg.RootCAs = roots
	}
	if o.SSLCert != "" {
		own, err := tls.LoadX509KeyPair(o.SSLCert, o.SSLKey)
		p.Unless(err == nil, "ssl_cert", "cannot be used with ssl_key: %v", err)
		cfg.Certificates = []tls.Certificate{own}
	}
	if o.SSLMode != sslVerifyFull {
		cfg.InsecureSkipVerify = true
	}
	if o.SSLMode == sslVerifyCA {
		cfg.VerifyConnection = func(c tls.ConnectionState) error { return signedBy(cfg.RootCAs, c) }
	}
	return cfg, p.Err()
}

func authorities(file string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, errors.New("there is no certificate in PEM in " + file)
	}
	return pool, nil
}

// signedBy checks who signed a certificate, not to whom it is made out.
func signedBy(roots *x509.CertPool, c tls.ConnectionState) error {
	chain := x509.VerifyOptions{Roots: roots, Intermediates: x509.NewCertPool()}
	for _, cert := range c.PeerCertificates[1:] {
		chain.Intermediates.AddCert(cert)
	}
	_, err := c.PeerCertificates[0].Verify(chain)
	return err
}

// explainTLS names the option behind an error of TLS, "" if it is none.
func explainTLS(err error) string {
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return "database.scylladb.ssl_ca: no known authority has signed the node's certificate"
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return "database.scylladb.ssl_mode: the node's certificate is made out to somebody else; correct nodes, or take verify-ca"
	}
	if _, ok := errors.AsType[x509.CertificateInvalidError](err); ok {
		return "database.scylladb.ssl_ca: the node's certificate is not valid"
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return "database.scylladb.ssl_mode: the node speaks no TLS; set it to disable"
	}
	if alert, ok := errors.AsType[*net.OpError](err); ok && alert.Op == "remote error" {
		return "database.scylladb.ssl_cert: the node refuses TLS with us"
	}
	return ""
}
