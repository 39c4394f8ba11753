package collect_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	mathrand "math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/redsleuth/redsleuth/internal/redistest"
)

// Over TLS the recording holds what was said, in the clear, and a client
// without the certificate that the server wants takes nothing.
func TestTLS(t *testing.T) {
	dir := t.TempDir()
	pool, pair := certificate(t, dir)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	s := redistest.Start(t, "--tls-port", strconv.Itoa(port), "--tls-cert-file", cert, "--tls-key-file", key,
		"--tls-ca-cert-file", cert, "--tls-auth-clients", "yes")
	replica := redistest.Start(t)
	replica.Do("REPLICAOF", "127.0.0.1", s.Port)
	replica.WaitFor("the link", func() bool { return stat(replica, "master_link_status") == "up" })
	workload(s, mathrand.New(mathrand.NewPCG(1, 2)), 100)
	url := "rediss://127.0.0.1:" + strconv.Itoa(port)
	o := options(t)
	o.TLS = &tls.Config{RootCAs: pool, ServerName: "redis.test", Certificates: []tls.Certificate{pair}}
	got := run(t, o, url)
	if got.Link == nil {
		t.Fatalf("%+v", got)
	}
	if list := conversations(t, filepath.Join(o.Dir, got.Folder, "link.pcapng")); len(list[0].stream) == 0 {
		t.Error("no stream in the clear")
	}
	for name, config := range map[string]*tls.Config{
		"no certificate":     {RootCAs: pool, ServerName: "redis.test"},
		"another name":       {RootCAs: pool, ServerName: "other.test", Certificates: []tls.Certificate{pair}},
		"unknown to us":      {ServerName: "redis.test", Certificates: []tls.Certificate{pair}},
		"no TLS on our side": nil,
	} {
		o, url := options(t), url
		o.TLS, o.Timeout = config, time.Second
		if config == nil {
			url = "redis://127.0.0.1:" + strconv.Itoa(port)
		}
		if got := runAll(t, o, url)[0]; got.Taken() || len(got.Failed) == 0 {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// certificate makes one that is its own authority, in files and in memory.
func certificate(t *testing.T, dir string) (*x509.CertPool, tls.Certificate) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "redis.test"}, DNSNames: []string{"redis.test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true,
		BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{
		"cert.pem": {Type: "CERTIFICATE", Bytes: der}, "key.pem": {Type: "EC PRIVATE KEY", Bytes: private},
	} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return pool, tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}
