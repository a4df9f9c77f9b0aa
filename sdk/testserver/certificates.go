package testserver

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// Certificates are PEM files: an authority, and what it certified for servers on
// 127.0.0.1 and for clients.
type Certificates struct {
	CA                    string
	ServerCert, ServerKey string
	ClientCert, ClientKey string
	authority             *x509.Certificate
	authorityKey          *ecdsa.PrivateKey
	dir                   string
	tb                    TB
}

// NewCertificates makes an authority and its files, gone with tb.
func NewCertificates(tb TB) *Certificates {
	tb.Helper()
	c := &Certificates{dir: Dir(tb, ""), tb: tb}
	template := &x509.Certificate{
		Subject: pkix.Name{CommonName: "authority of a test"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign,
	}
	c.CA, _ = c.make("ca", template)
	c.ServerCert, c.ServerKey = c.make("server", &x509.Certificate{
		Subject: pkix.Name{CommonName: "server"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"localhost"},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	})
	c.ClientCert, c.ClientKey = c.make("client", &x509.Certificate{
		Subject: pkix.Name{CommonName: "client"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
	return c
}

// make writes a certificate, signed by the authority or, for the first one, by itself.
func (c *Certificates) make(name string, template *x509.Certificate) (cert, key string) {
	c.tb.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		c.tb.Fatalf("make a key: %v", err)
		return "", ""
	}
	template.SerialNumber, _ = rand.Int(rand.Reader, big.NewInt(1<<62))
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(24*time.Hour)
	parent, signer := c.authority, c.authorityKey
	if parent == nil {
		parent, signer = template, private
		c.authorityKey = private
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &private.PublicKey, signer)
	if err == nil && c.authority == nil {
		c.authority, err = x509.ParseCertificate(der)
	}
	secret, kerr := x509.MarshalECPrivateKey(private)
	if err != nil || kerr != nil {
		c.tb.Fatalf("make a certificate: %v, %v", err, kerr)
		return "", ""
	}
	return c.write(name+".crt", "CERTIFICATE", der), c.write(name+".key", "EC PRIVATE KEY", secret)
}

func (c *Certificates) write(name, kind string, der []byte) string {
	c.tb.Helper()
	path := filepath.Join(c.dir, name)
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		c.tb.Fatalf("write a certificate: %v", err)
	}
	return path
}

// client is the configuration of a client that has all it needs.
func (c *Certificates) client() (*tls.Config, error) {
	pair, err := tls.LoadX509KeyPair(c.ClientCert, c.ClientKey)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AddCert(c.authority)
	return &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}, nil
}
