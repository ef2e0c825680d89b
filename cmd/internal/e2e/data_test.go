//go:build real

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/internal/sandboxtest"
	"github.com/shakedown-dev/shakedown/internal/storetest"
)

// person is the one customer in all three stores; the canary must not get out.
const person = "canary.customer@shop.example"

// stores are the real ends of examples/data/datacopy.yaml.
type stores struct {
	stageDB, prDB       *storetest.MariaDBServer
	stageRedis, prRedis *storetest.RedisServer
	s3                  *storetest.S3Server
}

func newStores(t *testing.T) *stores {
	t.Helper()
	s := &stores{
		stageDB: storetest.MariaDB(t), prDB: storetest.MariaDB(t),
		stageRedis: storetest.Redis(t), prRedis: storetest.Redis(t), s3: storetest.S3(t),
	}
	s.stageDB.Exec(t, "CREATE DATABASE shop", "USE shop",
		"CREATE TABLE customers (id INT PRIMARY KEY, email VARCHAR(100) NOT NULL UNIQUE, name VARCHAR(100), phone VARCHAR(40))",
		"CREATE TABLE orders (id INT PRIMARY KEY, customer INT NOT NULL REFERENCES customers (id), total DECIMAL(10,2))",
		"CREATE TABLE audit_log (line TEXT)",
		"INSERT INTO customers VALUES (1, '"+person+"', 'Ada Canary', '+49 30 1234567'), (2, 'b@shop.example', NULL, NULL)",
		"INSERT INTO orders VALUES (1, 1, 9.99), (2, 1, 20), (3, 2, 5)",
		"INSERT INTO audit_log VALUES ('secret')")
	s.prDB.Exec(t, "CREATE DATABASE shop")
	redisCLI(t, s.stageRedis, "SET", "session:1", `{"user":{"email":"`+person+`","id":1}}`, "EX", "3600")
	redisCLI(t, s.stageRedis, "SET", "cart:1", "apples")
	redisCLI(t, s.stageRedis, "SET", "cache:1", "left out")
	client := s.client()
	for _, bucket := range []string{"shop-stage", "shop-pr-1"} {
		if _, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &bucket}); err != nil {
			t.Fatal(err)
		}
	}
	put(t, client, "mails/1.json", `{"to":"`+person+`","subject":"Your order"}`)
	put(t, client, "mails/logo.png", "not JSON and not personal")
	return s
}

func (s *stores) client() *s3.Client {
	return s3.New(s3.Options{
		BaseEndpoint: &s.s3.Endpoint, Region: storetest.S3Region, UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider(s.s3.AccessKey, s.s3.SecretKey, ""),
		// The server of the test is not Amazon's.
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenRequired,
	})
}

func put(t *testing.T, client *s3.Client, key, body string) {
	t.Helper()
	_, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("shop-stage"), Key: &key, Body: strings.NewReader(body)})
	if err != nil {
		t.Fatal(err)
	}
}

func redisCLI(t *testing.T, s *storetest.RedisServer, args ...string) string {
	t.Helper()
	host, port, _ := strings.Cut(s.Address, ":")
	return strings.TrimSpace(run(t, "", append([]string{"redis-cli", "-h", host, "-p", port}, args...)...))
}

// example is the commented DataCopy with the real ends in place of the examples.
func (s *stores) example(t *testing.T) string {
	t.Helper()
	raw, err := os.ReadFile("../../../examples/data/datacopy.yaml")
	if err != nil {
		t.Fatal(err)
	}
	query := "/mails/?region=us-east-1&endpoint=" + s.s3.Endpoint
	text := strings.NewReplacer(
		"mysql://reader@db.stage.example:3306", "mysql://"+storetest.MariaDBUser+"@"+s.stageDB.Address,
		"mysql://shop@db.${environment}.example:3306", "mysql://"+storetest.MariaDBUser+"@"+s.prDB.Address,
		"redis.stage.example:6379", s.stageRedis.Address, "redis.${environment}.example:6379", s.prRedis.Address,
		"shop-stage/mails/?region=eu-central-1", "shop-stage"+query, "shop-${environment}/mails/?region=eu-central-1", "shop-${environment}"+query,
		"db.pr-*.example:3306", s.prDB.Address, "redis.pr-*.example:6379", s.prRedis.Address,
		"db.stage.example*", s.stageDB.Address+"/*", "s3://shop-pr-*/*", "s3://shop-pr-*/*?endpoint="+s.s3.Endpoint,
	).Replace(string(raw))
	// Both ends of S3 are one server, whose key pair the SDK's own chain finds.
	path := filepath.Join(t.TempDir(), "datacopy.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func (s *stores) env(dir string) []string {
	return append(os.Environ(), "SHAKEDOWN_DATA_DIR="+dir, "SHAKEDOWN_MASK_KEY=canary-masking-key-1234",
		"STAGE_DB_PASSWORD="+storetest.MariaDBPassword, "AWS_ACCESS_KEY_ID="+s.s3.AccessKey, "AWS_SECRET_ACCESS_KEY="+s.s3.SecretKey)
}

// secret puts the target's password where the example says: into a Secret.
func secret(t *testing.T, namespace string) {
	t.Helper()
	kubectl(t, "create", "namespace", namespace)
	kubectl(t, "create", "secret", "generic", "shop-db", "-n", namespace, "--from-literal=password="+storetest.MariaDBPassword)
	removeAtEnd(t, namespace)
}

// removeAtEnd removes a namespace when the test has ended.
func removeAtEnd(t *testing.T, namespace string) {
	t.Helper()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
		defer cancel()
		_ = exec.CommandContext(ctx, "kubectl", "--kubeconfig", sandboxtest.Kubeconfig(t), "delete", "namespace", namespace).Run()
	})
}

// TestDataExample runs the README's commands on the commented example, with real
// servers at its ends: three stores, masked alike, and proven equal.
func TestDataExample(t *testing.T) {
	raw, err := os.ReadFile("../../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(raw), "## Data that moves")
	text, _, _ = strings.Cut(text, "\n## ")
	block := regexp.MustCompile("(?s)```sh\n(.*?)```").FindStringSubmatch(text)
	if block == nil {
		t.Fatal("the README has no commands on data")
	}
	s, program, dir := newStores(t), binary(t), t.TempDir()
	secret(t, "pr-1")
	place := strings.NewReplacer(
		"shakedown data", program+" data", "examples/data/datacopy.yaml", s.example(t)+" --kubeconfig "+sandboxtest.Kubeconfig(t),
		"redis://10.0.0.5/0", "redis://"+s.stageRedis.Address+"/0", "redis://127.0.0.1/0", "redis://"+s.prRedis.Address+"/0 || test $? = 9",
		"mysql://reader@10.0.0.6/shop", s.stageDB.URL("shop")+" --from-credentials env:STAGE_DB_PASSWORD",
		"mysql://127.0.0.1/shop", s.prDB.URL("shop")+" --to-credentials env:STAGE_DB_PASSWORD",
	)
	out := bash(t, "set -o pipefail\n"+place.Replace(block[1]), s.env(dir))
	for _, want := range []string{"column: shop.customers.email", "equal", "report: "} {
		if !strings.Contains(out, want) {
			t.Errorf("the output lacks %q:\n%s", want, out)
		}
	}
	s.checkMasked(t)
	findNowhere(t, dir, person, "canary-masking-key", storetest.MariaDBPassword)
}

// checkMasked looks into the targets: the person is masked, alike in all stores,
// and everything else is there.
func (s *stores) checkMasked(t *testing.T) {
	t.Helper()
	var masked, total string
	row := s.prDB.DB(t).QueryRowContext(t.Context(), "SELECT email, (SELECT SUM(total) FROM shop.orders WHERE customer = c.id) FROM shop.customers c WHERE id = 1")
	if err := row.Scan(&masked, &total); err != nil {
		t.Fatal(err)
	}
	if masked == person || !strings.Contains(masked, "@") || total != "29.99" {
		t.Errorf("email %q, total %s", masked, total)
	}
	var logs int
	if err := s.prDB.DB(t).QueryRowContext(t.Context(), "SELECT COUNT(*) FROM information_schema.tables WHERE table_name = 'audit_log' AND table_schema = 'shop'").Scan(&logs); err != nil || logs != 0 {
		t.Errorf("audit_log was copied, %v", err)
	}
	if got, want := redisCLI(t, s.prRedis, "GET", "session:1"), `{"user":{"email":"`+masked+`","id":1}}`; got != want {
		t.Errorf("session %s, want %s", got, want)
	}
	if got := redisCLI(t, s.prRedis, "DBSIZE"); got != "2" {
		t.Errorf("%s keys, want 2", got)
	}
	object, err := s.client().GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("shop-pr-1"), Key: aws.String("mails/1.json")})
	if err != nil {
		t.Fatal(err)
	}
	defer object.Body.Close()
	body, err := io.ReadAll(object.Body)
	if want := `{"to":"` + masked + `","subject":"Your order"}`; err != nil || string(body) != want {
		t.Errorf("mail %s, want %s, %v", body, want, err)
	}
}

// findNowhere fails when a file below the folder holds one of the words.
func findNowhere(t *testing.T, dir string, words ...string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		raw, err := os.ReadFile(path)
		for _, word := range words {
			if bytes.Contains(raw, []byte(word)) {
				t.Errorf("%s holds %s", path, word)
			}
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// TestDataDifference changes one row of a target and wants it named, with the
// exit code of a difference.
func TestDataDifference(t *testing.T) {
	s, program, dir := newStores(t), binary(t), t.TempDir()
	ends := []string{
		"--from", s.stageDB.URL("shop"), "--from-credentials", "env:STAGE_DB_PASSWORD",
		"--to", s.prDB.URL("shop"), "--to-credentials", "env:STAGE_DB_PASSWORD",
	}
	data := func(verb string, args ...string) (datamove.Report, int) {
		cmd := exec.CommandContext(t.Context(), program, append(append([]string{"data", verb, "-o", "json"}, ends...), args...)...)
		cmd.Env = s.env(dir)
		out, err := cmd.Output()
		var report datamove.Report
		if len(out) > 0 {
			if bad := json.Unmarshal(out, &report); bad != nil {
				t.Fatalf("%v\n%s", bad, out)
			}
		}
		exit := 0
		if failed, ok := errors.AsType[*exec.ExitError](err); ok {
			exit = failed.ExitCode()
		} else if err != nil {
			t.Fatal(err)
		}
		return report, exit
	}
	if _, exit := data("copy"); exit != 5 {
		t.Errorf("a copy to a target that nobody allowed ends with %d, want 5", exit)
	}
	allow := []string{"--allow-target", "mysql://" + s.prDB.Address + "/shop"}
	if r, exit := data("copy", allow...); exit != 0 || r.Verdict != datamove.Equal {
		t.Fatalf("copy: %s %s, exit %d", r.Verdict, r.Reason, exit)
	}
	if _, exit := data("copy", allow...); exit != 5 {
		t.Errorf("a copy to a target that is not empty ends with %d, want 5", exit)
	}
	s.prDB.Exec(t, "UPDATE shop.orders SET total = total + 1 WHERE id = 2")
	r, exit := data("verify")
	if exit != 9 || r.Verdict != datamove.Different || len(r.Parts) != 1 || len(r.Parts[0].Differences) != 1 {
		t.Fatalf("verify: exit %d, %+v", exit, r)
	}
	if d := r.Parts[0].Differences[0]; d.Unit != "shop.orders" || !strings.Contains(d.ID, "2") || d.What != "changed" {
		t.Errorf("difference %+v", d)
	}
}

// TestSeed fills an environment by event before it is ready.
func TestSeed(t *testing.T) {
	source, target := storetest.Redis(t), storetest.Redis(t)
	redisCLI(t, source, "SET", "cart:1", "apples")
	program, dir, specs := binary(t), t.TempDir(), t.TempDir()
	seeded := environment("seeded")
	seeded.Spec.Seed = "carts"
	raw, err := json.Marshal(seeded)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		"copy.yaml": `{"apiVersion":"shakedown.dev/v1","kind":"DataCopy","metadata":{"name":"carts"},"spec":{"stores":[
			{"name":"carts","from":{"url":"redis://` + source.Address + `/0"},"to":{"url":"redis://` + target.Address + `/0"}}]}}`,
		"policy.yaml": `{"apiVersion":"shakedown.dev/v1","kind":"Policy","metadata":{"name":"data"},"spec":{"data":{"targets":[
			{"environment":"seed*","allow":["redis://` + target.Address + `/*"]}]}}}`,
		"seeded.json": string(raw),
	} {
		if err := os.WriteFile(filepath.Join(specs, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	background(t, dir, program, "up", "--data-dir", dir, "--listen", "127.0.0.1:0", "--specs", specs,
		"--kubeconfig", sandboxtest.Kubeconfig(t), "--prometheus", sandboxtest.Prometheus(t))
	create := func() (string, error) {
		return try(t, "", program, "env", "create", "-f", filepath.Join(specs, "seeded.json"), "--data-dir", dir)
	}
	if out, err := create(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if got := redisCLI(t, target, "GET", "cart:1"); got != "apples" {
		t.Errorf("the target holds %q", got)
	}
	redisCLI(t, target, "SET", "cart:1", "pears")
	if out, err := create(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if got := redisCLI(t, target, "GET", "cart:1"); got != "pears" {
		t.Errorf("the second request filled it again: %q", got)
	}
}
