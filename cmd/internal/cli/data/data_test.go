package data

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/cmd/internal/spec"
	"github.com/shakedown-dev/shakedown/datamove"
)

// clock is a time that tests move.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func TestTransferLines(t *testing.T) {
	c := &clock{time.Unix(0, 0)}
	var out bytes.Buffer
	d := &kit.Deps{World: kit.World{Err: &out, Now: c.now, Env: func(string) string { return "" }}, Verbose: true}
	p := newProgress(d)
	p.began("4f1c2e9")
	p.Step("rows")
	p.Count("shop.orders", 10, 40, 1<<20)
	c.at = c.at.Add(2 * time.Second)
	p.Count("shop.orders", 20, 40, 1<<20)
	p.Count("shop.lines", 7, 0, 0)
	p.Count("shop.orders", 50, 40, 0)
	p.Step("sessions: copy")
	p.Count("db0", 500, 4000, 0) // found by a resumed run
	c.at = c.at.Add(2 * time.Second)
	p.Count("db0", 1500, 4000, 0)
	p.lines.Done(nil)
	want := `copy 4f1c2e9
rows ...
  rows: shop.orders [#####---------------] 10 of about 40 (0s)
  rows: shop.orders [##########----------] 20 of about 40, 1.0 MiB/s, 4s left (2s)
  rows: shop.lines 7, 1.0 MiB/s, 4s left (2s)
  rows: shop.orders [####################] 50 of about 50, 1.0 MiB/s (2s)
rows: done (2s)
sessions: copy ...
  sessions: copy: db0 [##------------------] 500 of about 4000 (0s)
  sessions: copy: db0 [#######-------------] 1500 of about 4000, 500/s, 5s left (2s)
sessions: copy: done (2s)
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestPlanIsShown(t *testing.T) {
	var out bytes.Buffer
	planView([]datamove.Plan{{
		Store: "orders", Method: "one connection", Estimate: 1500 * time.Millisecond,
		From:     datamove.Server{URL: "mysql://a/shop", Product: "MariaDB", Version: "10.11", Fingerprint: "f1", Connections: 3, Items: 5, Bytes: 5 << 20},
		To:       datamove.Server{URL: "mysql://b/shop", Connections: -1},
		Units:    []datamove.PlanUnit{{Name: "shop.orders", Items: 5, Bytes: 100, How: "chunks by (id)"}, {Name: "shop.lines", Items: 7, Exact: true}},
		LeftOut:  []datamove.LeftOut{{What: "shop.audit", Why: "excluded"}},
		Findings: []datamove.Finding{{Severity: datamove.Refusal, Check: "not-empty", Message: "it has rows", Hint: "existing: replace"}},
	}}).Draw(&out)
	want := `orders: one connection, about 2s
END   URL             PRODUCT  VERSION  FINGERPRINT  CONNECTIONS  ITEMS  SIZE
from  mysql://a/shop  MariaDB  10.11    f1           3            5      5.0 MiB
to    mysql://b/shop  -        -        -            unknown      0      0 B

UNIT         ITEMS  SIZE   HOW
shop.orders  ~5     100 B  chunks by (id)
shop.lines   7      0 B    -
left out: shop.audit: excluded
refusal: not-empty: it has rows
  hint: existing: replace
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestReference(t *testing.T) {
	for text, want := range map[string]datamove.Credentials{
		"":             {},
		"env:NAME":     {Env: "NAME"},
		"file:/a:b":    {File: "/a:b"},
		"secret:a/b/c": {Secret: &datamove.SecretRef{Namespace: "a", Name: "b", Key: "c"}},
	} {
		if got, err := reference(text); err != nil || !cmp.Equal(got, want) {
			t.Errorf("%q is %+v, %v", text, got, err)
		}
	}
	for _, bad := range []string{"canary", "env:", "file:", "secret:a/b", "vault:canary"} {
		if _, err := reference(bad); err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// TestExampleIsValid reads the commented DataCopy and its Policy.
func TestExampleIsValid(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "examples", "data", "datacopy.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	documents, problems := new(kit.Deps).Specs().Parse("datacopy.yaml", raw)
	if len(problems) > 0 || len(spec.Of[*datamove.Document](documents)) != 1 || len(spec.Of[*datamove.PolicyDocument](documents)) != 1 {
		t.Errorf("%d documents, %v", len(documents), problems)
	}
}
