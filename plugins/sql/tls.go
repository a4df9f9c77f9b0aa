package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"

	"github.com/jackfield/jackfield/sdk/contract"
)

// The values of ssl_mode, as PostgreSQL's clients know them.
const (
	sslDisable    = "disable"     // never TLS
	sslPrefer     = "prefer"      // TLS if the server has it; its certificate is not looked at
	sslRequire    = "require"     // TLS or nothing; its certificate is not looked at
	sslVerifyCA   = "verify-ca"   // and the certificate is signed by an authority
	sslVerifyFull = "verify-full" // and it is made out to the host
)

var sslModes = []string{sslDisable, sslPrefer, sslRequire, sslVerifyCA, sslVerifyFull}

func (o *options) checkTLS(p *contract.OptionErrors) {
	p.OneOf("ssl_mode", o.SSLMode, sslModes...)
	if (o.SSLCert == "") != (o.SSLKey == "") {
		p.Addf("ssl_cert", "and ssl_key belong together; set both or none")
		return
	}
	if _, err := o.authorities(); err != nil {
		p.Addf("ssl_ca", "%v", err)
	}
	if _, err := o.certificates(); err != nil {
		p.Addf("ssl_cert", "%v", err)
	}
}

// tlsConfig returns nil where no TLS is used. The options are valid.
func (o *options) tlsConfig() (*tls.Config, error) {
	if o.SSLMode == sslDisable || o.onSocket() {
		return nil, nil
	}
	roots, err := o.authorities()
	if err != nil {
		return nil, err
	}
	certificates, err := o.certificates()
	if err != nil {
		return nil, err
	}
	c := &tls.Config{RootCAs: roots, Certificates: certificates, ServerName: o.Host}
	switch o.SSLMode {
	case sslPrefer, sslRequire:
		c.InsecureSkipVerify = true
	case sslVerifyCA:
		c.InsecureSkipVerify = true // checked without the host's name
		c.VerifyConnection = func(s tls.ConnectionState) error { return verifyChain(s.PeerCertificates, roots) }
	}
	return c, nil
}

// verifyChain checks who signed a certificate, not for whom.
func verifyChain(chain []*x509.Certificate, roots *x509.CertPool) error {
	if len(chain) == 0 {
		return errors.New("the server showed no certificate")
	}
	between := x509.NewCertPool()
	for _, c := range chain[1:] {
		between.AddCert(c)
	}
	_, err := chain[0].Verify(x509.VerifyOptions{Roots: roots, Intermediates: between})
	return err
}

// authorities returns nil for those of the system.
func (o *options) authorities() (*x509.CertPool, error) {
	if o.SSLCA == "" {
		return nil, nil
	}
	text, err := os.ReadFile(o.SSLCA)
	if err != nil {
		return nil, fmt.Errorf("cannot be read: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s holds no certificate in PEM form", o.SSLCA)
	}
	return pool, nil
}

func (o *options) certificates() ([]tls.Certificate, error) {
	if o.SSLCert == "" {
		return nil, nil
	}
	pair, err := tls.LoadX509KeyPair(o.SSLCert, o.SSLKey)
	if err != nil {
		return nil, fmt.Errorf("and ssl_key cannot be used: %w", err)
	}
	return []tls.Certificate{pair}, nil
}
