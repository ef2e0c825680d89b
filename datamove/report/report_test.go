package report

import (
	"bytes"
	"encoding/json"
	stdhtml "html"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/internal/golden"
	"github.com/shakedown-dev/shakedown/internal/html"
)

var began = time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)

func sum(items int64, checksum string) datamove.Sum {
	return datamove.Sum{Items: items, Checksum: checksum}
}

func equal() datamove.Report {
	return datamove.Report{
		ID: "run-7c1e", Name: "shop-to-staging", Version: "v0.3.0", Command: "copy", Began: began, Ended: began.Add(72 * time.Second), Verdict: datamove.Equal,
		Parts: []datamove.Part{
			{
				Name: "shop", Store: datamove.StoreMySQL, Verdict: datamove.Equal, Bytes: 231_400_000, Took: events.Duration(58 * time.Second), Resumed: 1,
				From: datamove.Server{URL: "mysql://reader@db.prod:3306/shop", Product: "MariaDB", Version: "10.11.19"}, To: datamove.Server{URL: "mysql://app@db.test:3306/shop", Product: "MySQL", Version: "8.4.2"},
				Snapshot: datamove.Snapshot{Time: began.Add(time.Second), Position: "binlog.000017:4711", Method: "one connection", Consistent: true},
				Units: []datamove.Unit{
					{Name: "shop.orders", Source: sum(1_000_000, "ab12"), Target: sum(1_000_000, "ab12"), Copied: 400_000, Equal: true, Chunks: []datamove.Chunk{
						{Range: "(1) .. (500000)", Source: sum(500_000, "11"), Target: sum(500_000, "11")}, {Range: "(500001) .. (1000000)", Source: sum(500_000, "22"), Target: sum(500_000, "22")},
					}},
					{Name: "shop.empty", Source: sum(0, ""), Target: sum(0, ""), Equal: true},
				},
				Objects:  []datamove.Object{{Kind: "view", Name: "shop.totals", Changed: "definer root@% became app@%", Equal: true}, {Kind: "trigger", Name: "shop.audit", Equal: true}},
				Masked:   []datamove.Masked{{Field: "shop.customers.email", As: "email", Count: 12_345}},
				LeftOut:  []datamove.LeftOut{{What: "shop.sessions", Why: "excluded"}},
				Warnings: []string{"collation utf8mb4_0900_ai_ci became utf8mb4_unicode_520_ci"},
			},
			{
				Name: "cache", Store: datamove.StoreRedis, Verdict: datamove.Equal, Bytes: 40_000_000, Took: events.Duration(3 * time.Second),
				From: datamove.Server{URL: "redis://cache.prod:6379", Product: "Redis", Version: "7.0.15"}, To: datamove.Server{URL: "redis://cache.test:6379", Product: "Redis", Version: "7.0.15"},
				Snapshot: datamove.Snapshot{Time: began.Add(59 * time.Second), Until: began.Add(62 * time.Second), Method: "scan"},
				Units:    []datamove.Unit{{Name: "0", Source: sum(400_000, "77"), Target: sum(400_000, "77"), Copied: 400_000, Equal: true}},
			},
			{
				Name: "files", Store: datamove.StoreS3, Verdict: datamove.Equal, Bytes: 900, Took: events.Duration(250 * time.Millisecond),
				Snapshot: datamove.Snapshot{Time: began.Add(63 * time.Second), Until: began.Add(64 * time.Second), Method: "server-side"},
				Units:    []datamove.Unit{{Source: sum(1, "99"), Target: sum(1, "99"), Copied: 1, Equal: true}},
			},
		},
	}
}

func different() datamove.Report {
	r := equal()
	r.Command, r.Verdict, r.Reason = "verify", datamove.Different, "shop: shop.orders is not the same on both sides"
	r.Parts = r.Parts[:1]
	p := &r.Parts[0]
	p.Verdict, p.Reason = datamove.Different, "shop.orders is not the same on both sides"
	u := &p.Units[0]
	u.Equal, u.Target = false, sum(999_999, "ab13")
	u.Chunks[1].Target = sum(499_999, "23")
	p.Objects[1].Equal = false
	p.Differences = []datamove.Difference{{Unit: "shop.orders", ID: "(700001)", What: "missing"}, {Unit: "shop.orders", ID: "(700002)", What: "changed", Detail: "amount, paid"}}
	p.MoreDifferences = 3
	return r
}

func incomplete() datamove.Report {
	r := equal()
	r.Verdict, r.Reason = datamove.Incomplete, "cache: the target went away"
	r.Parts = r.Parts[:2]
	r.Parts[1].Verdict, r.Parts[1].Reason, r.Parts[1].Units = datamove.Incomplete, "the target went away", nil
	return r
}

func refused() datamove.Report {
	return datamove.Report{
		ID: "run-9", Name: "shop-to-staging", Version: "v0.3.0", Command: "copy", Began: began, Ended: began.Add(time.Second), Verdict: datamove.Refused, Reason: "shop: the target has 12 rows in shop.orders",
		Parts: []datamove.Part{{Name: "shop", Store: datamove.StoreMySQL, Verdict: datamove.Refused, Reason: "the target has 12 rows in shop.orders"}},
	}
}

// hostile has names that try to be something else.
func hostile() datamove.Report {
	const evil = "</title><script>alert(1)</script>\x1b[2J\r\n\u202e\" onload=\"x"
	r := different()
	r.Name, r.ID, r.Reason, r.Version, r.Command = evil, evil, evil, evil, evil
	p := &r.Parts[0]
	p.Name, p.Store, p.Reason, p.From, p.To = evil, evil, evil, datamove.Server{URL: "javascript:alert(1)", Product: evil}, datamove.Server{URL: evil}
	p.Snapshot.Method, p.Snapshot.Position = evil, evil
	p.Units[0].Name, p.Units[0].Source.Checksum, p.Units[0].Chunks[0].Range = evil, evil, evil
	p.Objects[0] = datamove.Object{Kind: evil, Name: evil, Changed: evil}
	p.Masked[0] = datamove.Masked{Field: evil, As: evil, Count: -1}
	p.LeftOut[0] = datamove.LeftOut{What: evil, Why: evil}
	p.Warnings[0] = evil
	p.Differences[0] = datamove.Difference{Unit: evil, ID: evil, What: evil, Detail: evil}
	return r
}

// lying says equal and proves the contrary.
func lying() datamove.Report {
	r := different()
	r.Verdict, r.Reason, r.Parts[0].Verdict, r.Parts[0].Reason = datamove.Equal, "", datamove.Equal, ""
	return r
}

func reports() map[string]datamove.Report {
	return map[string]datamove.Report{
		"equal": equal(), "different": different(), "incomplete": incomplete(), "refused": refused(), "hostile": hostile(), "lying": lying(), "nothing": {},
	}
}

func TestFormats(t *testing.T) {
	formats := map[string]func(io.Writer, datamove.Report) error{
		"html": HTML, "json": JSON, "txt": Text,
		"line": func(w io.Writer, r datamove.Report) error {
			_, err := io.WriteString(w, Summary(r)+"\n")
			return err
		},
	}
	for extension, write := range formats {
		for name, r := range reports() {
			t.Run(name+"."+extension, func(t *testing.T) {
				var b bytes.Buffer
				if err := write(&b, r); err != nil {
					t.Fatal(err)
				}
				golden.Equal(t, name+"."+extension, b.Bytes())
			})
		}
	}
}

func TestJSONIsTheReport(t *testing.T) {
	var b bytes.Buffer
	if err := JSON(&b, different()); err != nil {
		t.Fatal(err)
	}
	var got datamove.Report
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(different(), got); diff != "" {
		t.Error(diff)
	}
}

func TestContradictions(t *testing.T) {
	for name, r := range reports() {
		if got := len(contradictions(r)) > 0; got != (name == "lying") {
			t.Errorf("%s contradicts itself: %t, %v", name, got, contradictions(r))
		}
	}
	if !strings.Contains(Summary(lying()), "contradicts") {
		t.Error("the summary does not tell")
	}
}

func TestManyChunks(t *testing.T) {
	r := equal()
	r.Parts[0].Units[0].Chunks = make([]datamove.Chunk, mostChunks+7)
	var b bytes.Buffer
	if err := HTML(&b, r); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "7 more chunks") || !strings.Contains(b.String(), "2,007 chunks") {
		t.Error("the page does not say that chunks are left out")
	}
}

func TestSize(t *testing.T) {
	for got, want := range map[string]string{
		size(1): "1 byte", size(999): "999 bytes", size(1000): "1.00 kB", size(999_999): "1.00 MB", size(231_400_000): "231 MB", size(-5): "-5 bytes", size(1 << 62): "4.61 EB",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// FuzzRender says that no report breaks a view, that nothing becomes markup or an
// escape code, and that each says the word of the verdict.
func FuzzRender(f *testing.F) {
	for _, r := range reports() {
		raw, err := json.Marshal(r)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw, "<script>")
	}
	f.Fuzz(func(t *testing.T, raw []byte, name string) {
		var r datamove.Report
		if json.Unmarshal(raw, &r) != nil {
			return
		}
		r.Name = name
		var page, text, js bytes.Buffer
		for _, err := range []error{HTML(&page, r), Text(&text, r), JSON(&js, r)} {
			if err != nil {
				t.Fatal(err)
			}
		}
		_, heading, _ := strings.Cut(page.String(), `<span class="vh">Verdict: </span>`)
		heading, _, _ = strings.Cut(heading, "</h2>")
		if got := stdhtml.UnescapeString(heading); got != strings.ReplaceAll(word(r.Verdict), "\x00", "\uFFFD") {
			t.Errorf("the page says %q, the report %q", got, r.Verdict)
		}
		if strings.Contains(page.String(), "<script") {
			t.Error("the page has a script")
		}
		line := Summary(r)
		if !strings.HasPrefix(line, html.Line(word(r.Verdict))) || strings.ContainsAny(line, "\n\r\x1b") || strings.ContainsAny(text.String(), "\r\x1b") {
			t.Errorf("the line is %q", line)
		}
	})
}
