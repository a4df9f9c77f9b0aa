package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/testserver"
)

// authority signs certificates for a test.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pem  []byte
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	a.cert, a.key, a.pem = template, nil, nil
	der, key := a.sign(t, template)
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	a.cert, a.key = cert, key
	a.pem = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return a
}

// sign makes a certificate and its key; the first one signs itself.
func (a *authority) sign(t *testing.T, template *x509.Certificate) ([]byte, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer := a.key
	if signer == nil {
		signer = key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	return der, key
}

// issue returns a certificate in PEM form for a name, valid at the addresses, and its key.
func (a *authority) issue(t *testing.T, name string, addresses ...net.IP) (cert, key []byte) {
	t.Helper()
	der, private := a.sign(t, &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IPAddresses: addresses, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	})
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})
}

// secureServer starts a server with a certificate for the addresses.
func secureServer(t *testing.T, p product, a *authority, addresses ...net.IP) realServer {
	t.Helper()
	cert, key := a.issue(t, "server", addresses...)
	dir := testserver.Dir(t, map[string]string{"pgsql": "postgres", "mysql": "mysql"}[p.driver])
	ca := testserver.OwnFile(t, dir, "ca.pem", a.pem)
	certFile, keyFile := testserver.OwnFile(t, dir, "cert.pem", cert), testserver.OwnFile(t, dir, "key.pem", key)
	if p.driver == "pgsql" {
		return p.start(t, "ssl=on", "ssl_cert_file="+certFile, "ssl_key_file="+keyFile, "ssl_ca_file="+ca)
	}
	return p.start(t, "ssl-cert="+certFile, "ssl-key="+keyFile, "ssl-ca="+ca)
}

// encrypted is whether the sessions of an app manager use TLS.
func encrypted(t *testing.T, p product, m *appManager) bool {
	t.Helper()
	question := "SELECT VARIABLE_VALUE AS version FROM information_schema.SESSION_STATUS WHERE VARIABLE_NAME = 'Ssl_version'"
	if p.driver == "pgsql" {
		question = "SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
	}
	rows, err := m.db.query(t.Context(), question)
	if err != nil {
		t.Fatal(err)
	}
	return rows[0]["version"] != ""
}

func TestEachModeOfTLSAsksForWhatItSays(t *testing.T) {
	onBoth(t, func(t *testing.T, p product) {
		ours, other := newAuthority(t), newAuthority(t)
		right := secureServer(t, p, ours, net.IPv4(127, 0, 0, 1))
		elsewhere := secureServer(t, p, ours, net.IPv4(10, 9, 8, 7))
		dir := t.TempDir()
		oursFile := testserver.OwnFile(t, dir, "ours.pem", ours.pem)
		otherFile := testserver.OwnFile(t, dir, "other.pem", other.pem)
		databases := map[realServer]string{right: right.Database(t), elsewhere: elsewhere.Database(t)}
		for _, test := range []struct {
			mode, ca string
			server   realServer
			opens    bool
			tls      bool
		}{
			{sslDisable, "", right, true, false},
			{sslPrefer, "", right, true, true},
			{sslRequire, "", elsewhere, true, true},
			{sslVerifyCA, oursFile, right, true, true},
			{sslVerifyCA, oursFile, elsewhere, true, true},
			{sslVerifyCA, otherFile, right, false, false},
			{sslVerifyFull, oursFile, right, true, true},
			{sslVerifyFull, oursFile, elsewhere, false, false},
			{sslVerifyFull, otherFile, right, false, false},
			{sslVerifyFull, "", right, false, false},
		} {
			o := optionsFor(test.server, databases[test.server])
			o.SSLMode, o.SSLCA = test.mode, test.ca
			m, err := tryOpen(t, p, o, hclog.NewNullLogger())
			what := test.mode + " with " + test.ca
			switch {
			case !test.opens:
				wantWords(t, err, contract.ErrUnavailable, []string{"ssl_mode", "certificate"})
			case err != nil:
				t.Errorf("%s: %v", what, err)
			case encrypted(t, p, m) != test.tls:
				t.Errorf("%s: TLS is %v", what, !test.tls)
			}
		}
	})
}

func TestOurOwnCertificateOpensTheDoor(t *testing.T) {
	onBoth(t, func(t *testing.T, p product) {
		ours := newAuthority(t)
		server := secureServer(t, p, ours, net.IPv4(127, 0, 0, 1))
		o := optionsFor(server, server.Database(t))
		cert, key := ours.issue(t, "client")
		dir := t.TempDir()
		o.SSLMode = sslRequire
		o.SSLCert, o.SSLKey = testserver.OwnFile(t, dir, "cert.pem", cert), testserver.OwnFile(t, dir, "key.pem", key)
		if p.driver == "pgsql" {
			server.SQL(t, o.Database, "CREATE ROLE client LOGIN; GRANT ALL ON SCHEMA public TO client")
			pg := server.(*testserver.Postgres)
			testserver.OwnFile(t, pg.Dir+"/data", "pg_hba.conf", []byte("hostssl all client 127.0.0.1/32 cert\nhost all all 127.0.0.1/32 scram-sha-256\n"))
			pg.Restart()
		} else {
			server.SQL(t, o.Database, "CREATE USER client REQUIRE X509; GRANT ALL ON "+o.Database+".* TO client")
		}
		o.Username, o.Password = "client", ""
		mustOpen(t, p, o)
		o.SSLCert, o.SSLKey = "", ""
		_, err := tryOpen(t, p, o, hclog.NewNullLogger())
		wantWords(t, err, contract.ErrAuth, []string{"username, password"})
	})
}
