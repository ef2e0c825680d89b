//go:build real

package mysql

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/internal/storetest"
)

// TestWithoutBulk writes through encryption, where there are no bulk statements: by
// LOAD DATA, and by INSERT where that is not allowed.
func TestWithoutBulk(t *testing.T) {
	ca, cert, key := certificate(t)
	source := storetest.MariaDB(t)
	loadCorpus(t, source)
	source.Exec(t, "CREATE DATABASE IF NOT EXISTS big", "USE big", bigTable, bigRows+"seq_1_to_60000")
	for _, local := range []string{"1", "0"} {
		t.Run("local_infile="+local, func(t *testing.T) {
			target := storetest.MariaDB(t, "--local-infile="+local, "--ssl-cert="+cert, "--ssl-key="+key, "--ssl-ca="+ca)
			j := jobOf(t, source, target, "")
			j.To.CA = ca
			mustBeEqual(t, j)
			for _, database := range append(corpusDatabases(), "big") {
				sameRows(t, source, target, database, database)
			}
		})
	}
}

// TestBytesAsDigits writes bytes as it does to a MySQL.
func TestBytesAsDigits(t *testing.T) {
	ca, cert, key := certificate(t)
	source, target := storetest.MariaDB(t), storetest.MariaDB(t, "--ssl-cert="+cert, "--ssl-key="+key, "--ssl-ca="+ca)
	loadCorpus(t, source)
	a := New()
	a.hexed = true
	j := jobOf(t, source, target, "")
	j.To.CA = ca // no bulk statements, as MySQL has none
	part, err := a.Copy(t.Context(), j, nil)
	if err != nil || part.Verdict != datamove.Equal {
		t.Fatalf("%v, %s %s %+v", err, part.Verdict, part.Reason, part.Differences)
	}
	for _, database := range corpusDatabases() {
		sameRows(t, source, target, database, database)
	}
}

// TestEncrypted reads through the driver, which decrypts.
func TestEncrypted(t *testing.T) {
	ca, cert, key := certificate(t)
	args := []string{"--ssl-cert=" + cert, "--ssl-key=" + key, "--ssl-ca=" + ca}
	source, target := storetest.MariaDB(t), storetest.MariaDB(t)
	loadCorpus(t, source)
	source.Exec(t, "CREATE DATABASE IF NOT EXISTS big", "USE big", bigTable, bigRows+"seq_1_to_20000")
	source.Stop()
	source = source.With(t, args...)
	source.Exec(t, "CREATE USER safe IDENTIFIED BY '"+storetest.MariaDBPassword+"' REQUIRE SSL", "GRANT ALL ON *.* TO safe")
	j := jobOf(t, source, target, "")
	j.From.URL = strings.Replace(j.From.URL, storetest.MariaDBUser, "safe", 1)
	j.From.CA = ca
	mustBeEqual(t, j)
	for _, database := range append(corpusDatabases(), "big") {
		sameRows(t, source, target, database, database)
	}
	j.From.CA = ""
	if _, err := New().Copy(t.Context(), j, nil); err == nil {
		t.Error("the source took a connection in the clear")
	}
	other, _, _ := certificate(t)
	j.From.CA = other
	if _, err := New().Copy(t.Context(), j, nil); err == nil {
		t.Error("a certificate of somebody else was taken")
	}
}

func certificate(t *testing.T) (ca, cert, key string) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "127.0.0.1"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for name, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: raw}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, cert, key
}

func TestExistingRows(t *testing.T) {
	source, target := storetest.MariaDB(t), storetest.MariaDB(t)
	table := "CREATE TABLE t (id INT PRIMARY KEY, v TEXT)"
	source.Exec(t, "CREATE DATABASE d", "USE d", table, "INSERT INTO t SELECT seq, CONCAT('v',seq) FROM seq_1_to_3000")
	target.Exec(t, "CREATE DATABASE d", "USE d", table, "INSERT INTO t VALUES (5,'old'),(100000,'kept')", "CREATE TABLE other (a INT)")
	j := jobOf(t, source, target, "d")
	if part, err := New().Copy(t.Context(), j, nil); err == nil || part.Verdict != datamove.Refused {
		t.Fatalf("existing=fail: %v %s", err, part.Verdict)
	}
	j.Store.Existing = datamove.ExistingMerge
	part := mustBeEqual(t, j)
	if got := ask(t, target, "SELECT COUNT(*), MAX(id=100000 AND v='kept'), MAX(id=5 AND v='v5') FROM d.t"); got != ask(t, target, "SELECT 3001, 1, 1") {
		t.Errorf("target: %s, %+v", got, part)
	}
	j.Store.Existing, j.ID = datamove.ExistingReplace, "run-2"
	mustBeEqual(t, j)
	if got := ask(t, target, "SELECT COUNT(*) FROM d.t"); got != ask(t, target, "SELECT 3000") {
		t.Errorf("target: %s", got)
	}
	if got := ask(t, target, "SELECT COUNT(*) FROM d.other"); got != ask(t, target, "SELECT 0") {
		t.Errorf("the other table: %s", got)
	}
}
