package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/testserver"
)

// authority signs certificates; its own stands in file.
type authority struct {
	dir, file string
	cert      *x509.Certificate
	key       *ecdsa.PrivateKey
}

func newAuthority(dir, name string) *authority {
	a := &authority{dir: dir, file: filepath.Join(dir, name+".pem"), key: newKey()}
	a.cert = &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	write(a.file, certificate(a.cert, a.cert, a.key, a.key))
	return a
}

// sign makes a certificate for an address; file holds key and certificate.
func (a *authority) sign(name, address string) (file string) {
	key := newKey()
	cert := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, IPAddresses: []net.IP{net.ParseIP(address)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	must(err)
	file = filepath.Join(a.dir, name+".pem")
	write(file, append(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), certificate(cert, a.cert, key, a.key)...))
	return file
}

func newKey() *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	return key
}

func certificate(cert, parent *x509.Certificate, key, signer *ecdsa.PrivateKey) []byte {
	der, err := x509.CreateCertificate(rand.Reader, cert, parent, key.Public(), signer)
	must(err)
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func write(file string, text []byte) { must(os.WriteFile(file, text, 0o600)) }

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// node is a Cassandra that wants a user, and over TLS a certificate as well.
type node struct {
	*testserver.Cassandra
	ca     *authority
	client string // file of a certificate that it takes
}

// startNode starts the node that all tests share.
func startNode() *node {
	n := &node{ca: newAuthority(testserver.Dir(testserver.Package, ""), "ca")}
	n.client = n.ca.sign("client", "127.0.0.9")
	n.Cassandra = testserver.StartCassandra(testserver.Package,
		"authenticator: PasswordAuthenticator", "authorizer: CassandraAuthorizer", "role_manager: CassandraRoleManager",
		fmt.Sprintf("client_encryption_options: {enabled: true, optional: true, require_client_auth: true, "+
			"ssl_context_factory: {class_name: org.apache.cassandra.security.PEMBasedSslContextFactory}, keystore: %s, truststore: %s}",
			n.ca.sign("server", "127.0.0.1"), n.ca.file))
	return n
}

func TestTLS(t *testing.T) {
	n := cassandra()
	other := newAuthority(t.TempDir(), "other")
	table := freshTable(n.Addr).TableName
	for name, test := range map[string]struct {
		set  func(*options)
		want string // "" means that it works
	}{
		"whoever it is":           {func(o *options) { o.SSLMode = sslRequire }, ""},
		"of a known authority":    {func(o *options) { o.SSLMode, o.SSLCA = sslVerifyCA, n.ca.file }, ""},
		"made out to the node":    {func(o *options) { o.SSLMode, o.SSLCA = sslVerifyFull, n.ca.file }, ""},
		"of nobody we know":       {func(o *options) { o.SSLMode, o.SSLCA = sslVerifyCA, other.file }, "ssl_ca: no known authority"},
		"of nobody we know, full": {func(o *options) { o.SSLMode, o.SSLCA = sslVerifyFull, other.file }, "ssl_ca: no known authority"},
		"no certificate of ours":  {func(o *options) { o.SSLMode, o.SSLCert, o.SSLKey = sslRequire, "", "" }, "ssl_cert"},
	} {
		t.Run(name, func(t *testing.T) {
			o := freshTable(n.Addr)
			o.TableName, o.SSLCert, o.SSLKey = table, n.client, n.client
			test.set(&o)
			m, err := open(t.Context(), o)
			if test.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				_ = m.Close()
				return
			}
			if err == nil || !errors.Is(err, contract.ErrUnavailable) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("open: %v, want %q", err, test.want)
			}
		})
	}
}

// A certificate for another address is refused only by who looks at that.
func TestTLSToSomebodyElse(t *testing.T) {
	ca := newAuthority(t.TempDir(), "ca")
	file := ca.sign("elsewhere", "127.0.0.9")
	own, err := tls.LoadX509KeyPair(file, file)
	if err != nil {
		t.Fatal(err)
	}
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{own}})
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		for conn, err := l.Accept(); err == nil; conn, err = l.Accept() {
			_, _ = conn.Read(make([]byte, 1)) // which shakes hands
			_ = conn.Close()
		}
	}()
	defer func() { _ = l.Close(); <-served }()
	for mode, want := range map[string]string{
		sslVerifyFull: "ssl_mode: the node's certificate is made out to somebody else",
		sslVerifyCA:   "nodes: " + l.Addr().String() + " cannot be reached",
	} {
		o := freshTable(l.Addr().String())
		o.SSLMode, o.SSLCA = mode, ca.file
		if _, err := open(t.Context(), o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", mode, err)
		}
	}
}

func TestTLSWithANodeThatSpeaksNone(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		for conn, err := l.Accept(); err == nil; conn, err = l.Accept() {
			_, _ = conn.Write([]byte("SSH-2.0-something"))
			_ = conn.Close()
		}
	}()
	defer func() { _ = l.Close(); <-served }()
	o := freshTable(l.Addr().String())
	o.SSLMode = sslRequire
	if _, err := open(t.Context(), o); err == nil || !strings.Contains(err.Error(), "ssl_mode: the node speaks no TLS") {
		t.Errorf("open: %v", err)
	}
}

func TestTLSFilesThatCannotBeUsed(t *testing.T) {
	o := freshTable("127.0.0.1:1")
	o.SSLMode, o.SSLCA, o.SSLCert, o.SSLKey = sslVerifyFull, "/no/such/file", "/no/such/file", "/no/such/file"
	_, err := open(t.Context(), o)
	options, ok := errors.AsType[contract.OptionErrors](err)
	if !ok || len(options) != 2 || options[0].Path != "ssl_ca" || options[1].Path != "ssl_cert" {
		t.Errorf("open: %v", err)
	}
}

func TestUsers(t *testing.T) {
	n := cassandra()
	admin := opened(t, freshTable(n.Addr))
	cql(t, admin, "CREATE ROLE reader WITH PASSWORD = 'p' AND LOGIN = true")
	cql(t, admin, "GRANT SELECT ON %s TO reader")
	for name, test := range map[string]struct {
		set  func(*options)
		want string
	}{
		"none":            {func(o *options) { o.Username, o.Password = "", "" }, "username: " + n.Addr + " want a user and a password"},
		"unknown":         {func(o *options) { o.Username, o.Password = "nobody", "x" }, `username: ` + n.Addr + ` refuse "nobody" and this password`},
		"wrong password":  {func(o *options) { o.Username, o.Password = "reader", "x" }, `refuse "reader" and this password`},
		"may not create":  {func(o *options) { o.Username, o.Password = "reader", "p" }, `username: give user "reader" the right that is named here`},
		"may read, alone": {func(o *options) { o.Username, o.Password, o.TableName = "reader", "p", admin.opts.TableName }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			o := freshTable(n.Addr)
			test.set(&o)
			m, err := open(t.Context(), o)
			if test.want != "" {
				if !errors.Is(err, contract.ErrAuth) || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "hunter") {
					t.Errorf("open: %v, want %q", err, test.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = m.Close() }()
			if _, err := m.FindByKey(t.Context(), "k"); !errors.Is(err, contract.ErrNotFound) {
				t.Errorf("FindByKey: %v", err)
			}
			if _, err := m.Create(t.Context(), anApp("a")); !errors.Is(err, contract.ErrAuth) {
				t.Errorf("Create: %v", err)
			}
		})
	}
}

func TestNodesThatCannotBeReached(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = silent.Close() }()
	for _, node := range []string{"127.0.0.1:1", silent.Addr().String(), "no-such-host.invalid"} {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		_, err := open(ctx, freshTable(node))
		cancel()
		if !errors.Is(err, contract.ErrUnavailable) || !strings.Contains(err.Error(), "nodes: "+node+" cannot be reached; correct nodes or start what is there") {
			t.Errorf("open: %v", err)
		}
	}
}
