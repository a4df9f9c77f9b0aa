package core

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackfield/jackfield/core/config"
)

// writePair writes a self-signed certificate for name, dated at.
func writePair(t *testing.T, ssl config.SSL, name string, at time.Time) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour)}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for path, block := range map[string]*pem.Block{
		ssl.CertPath: {Type: "CERTIFICATE", Bytes: cert}, ssl.KeyPath: {Type: "EC PRIVATE KEY", Bytes: der},
	} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAChangedCertificateIsServedAndABadOneIsNot(t *testing.T) {
	dir := t.TempDir()
	ssl := config.SSL{CertPath: filepath.Join(dir, "cert.pem"), KeyPath: filepath.Join(dir, "key.pem")}
	if _, err := loadCertificate(ssl); err == nil {
		t.Fatal("no error for files that are not there")
	}
	began := time.Now()
	writePair(t, ssl, "one", began)
	c, err := loadCertificate(ssl)
	if err != nil {
		t.Fatal(err)
	}
	served := func() string {
		pair, _ := c.config().GetCertificate(nil)
		return pair.Leaf.Subject.CommonName
	}
	writePair(t, ssl, "two", began.Add(time.Second))
	if err := c.refresh(); err != nil || served() != "two" {
		t.Fatalf("serves %q after a change, %v", served(), err)
	}
	if err := os.WriteFile(ssl.CertPath, []byte("broken"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(ssl.CertPath, began, began.Add(2*time.Second)); err != nil {
		t.Fatal(err)
	}
	if err := c.refresh(); err == nil || served() != "two" {
		t.Errorf("serves %q after a bad change, %v", served(), err)
	}
	if err := c.refresh(); err != nil {
		t.Errorf("the same bad files are complained of twice: %v", err)
	}
}
