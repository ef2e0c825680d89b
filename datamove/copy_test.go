package datamove

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/shakedown-dev/shakedown/events"
)

func TestCopyEndsEqual(t *testing.T) {
	adapter := &fakeAdapter{}
	c := newCopier(t, adapter, nil)
	r, err := c.Copy(t.Context(), document(), CopyOptions{}, silent{})
	if err != nil || r.Verdict != Equal || r.ID != "run-1" || r.Parts[0].Name != "orders" {
		t.Fatalf("got %+v, %v", r, err)
	}
	job := adapter.copies()[0]
	if job.From.Secret != "canary-password" || job.To.Secret != "" || job.Store.Existing != ExistingFail || job.Mask != nil {
		t.Errorf("job %+v", job)
	}
	if job.Judged != "target" {
		t.Errorf("the adapter connects to %q, and the guards have judged the target", job.Judged)
	}
	if !fileExists(c.deps.Dir, "run-1", reportFile) || !fileExists(c.deps.Dir, "run-1", viewFile) || fileExists(c.deps.Dir, "run-1", "stores") {
		t.Error("the folder of the run is not as it should be")
	}
	if again, ok := c.Ended("run-1"); !ok || again.Verdict != Equal {
		t.Errorf("ended: %+v, %t", again, ok)
	}
	_, err = c.Copy(t.Context(), Document{}, CopyOptions{ID: "run-1", Resume: true}, silent{})
	if events.KindOf(err) != events.KindRefused {
		t.Errorf("resume of a run that has ended: %v", err)
	}
}

// TestStepsNameTheStore: of several stores, each step says whose it is.
func TestStepsNameTheStore(t *testing.T) {
	doc := document()
	second := doc.Spec.Stores[0]
	second.Name = "again"
	doc.Spec.Stores = append(doc.Spec.Stores, second)
	heard := &steps{}
	if _, err := newCopier(t, &fakeAdapter{}, nil).Copy(t.Context(), doc, CopyOptions{}, heard); err != nil {
		t.Fatal(err)
	}
	if want := []string{"preflight", "orders: tables", "again: tables"}; !slices.Equal(heard.names, want) {
		t.Errorf("heard %q, want %q", heard.names, want)
	}
}

type steps struct {
	silent
	names []string
}

func (s *steps) Step(name string) { s.names = append(s.names, name) }

// TestNoSecretIsKept looks for the password and the masking key in every file.
func TestNoSecretIsKept(t *testing.T) {
	doc := document()
	doc.Spec.Masking = Masking{Key: Credentials{Env: "KEY"}, Rules: []Rule{{Column: "*", As: "text"}}}
	c := newCopier(t, &fakeAdapter{copy: func(context.Context, Job) (Part, error) { return goodPart(), errors.New("connection lost") }}, nil)
	if _, err := c.Copy(t.Context(), doc, CopyOptions{}, silent{}); err == nil {
		t.Fatal("no error")
	}
	files := 0
	err := filepath.WalkDir(c.deps.Dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		files++
		raw, err := os.ReadFile(path)
		if strings.Contains(string(raw), "canary") {
			t.Errorf("%s holds a secret", path)
		}
		return err
	})
	if err != nil || files < 3 {
		t.Errorf("%d files, %v", files, err)
	}
}

func TestRefusalsChangeNothing(t *testing.T) {
	protect := func(d *Document) { d.Spec.Stores[0].From.Protected = true }
	for name, tc := range map[string]struct {
		change func(*CopierDeps)
		doc    func(*Document)
		plan   func(*Plan)
		want   string
	}{
		"no policy":         {change: func(d *CopierDeps) { d.Policy = Policy{} }, want: "target-allowed"},
		"another target":    {doc: func(d *Document) { d.Spec.Stores[0].To.URL = "mysql://db.other/shop" }, want: "target-allowed"},
		"other environment": {change: func(d *CopierDeps) { d.Policy.Targets[0].Environment = "stage" }, want: "target-allowed"},
		"name":              {doc: func(d *Document) { d.Spec.Stores[0].To.URL = "mysql://db.pr:3306/shop_Prod" }, want: "not-production"},
		"fingerprint":       {change: func(d *CopierDeps) { d.Policy.Production.Fingerprints = []string{"target"} }, want: "not-production"},
		"no fingerprint":    {plan: func(p *Plan) { p.To.Fingerprint = "" }, want: "not-production"},
		"connections":       {plan: func(p *Plan) { p.To.Connections = 51 }, want: "not-production"},
		"uncounted":         {plan: func(p *Plan) { p.To.Connections = -1 }, want: "cannot be counted"},
		"size":              {plan: func(p *Plan) { p.To.Bytes = 201 << 30 }, want: "not-production"},
		"adapter":           {plan: func(p *Plan) { p.Findings = []Finding{{Severity: Refusal, Check: "not-empty", Message: "no"}} }, want: "not-empty"},
		"personal data": {change: func(d *CopierDeps) {
			d.NewMask = func([]Rule, []byte) (MaskPolicy, error) {
				return fakeMask{unclassified: []Finding{{Severity: Refusal, Check: "unclassified", Message: "shop.c.email"}}}, nil
			}
		}, doc: protect, want: "unclassified"},
	} {
		t.Run(name, func(t *testing.T) {
			adapter := &fakeAdapter{plan: func(j Job) (Plan, error) {
				p := goodPlan(j)
				if tc.plan != nil {
					tc.plan(&p)
				}
				return p, nil
			}}
			doc := document()
			if tc.doc != nil {
				tc.doc(&doc)
			}
			c := newCopier(t, adapter, tc.change)
			r, err := c.Copy(t.Context(), doc, CopyOptions{}, silent{})
			if events.KindOf(err) != events.KindRefused || r.Verdict != Refused || !strings.Contains(r.Reason, tc.want) {
				t.Errorf("got %s %q, %v, want %s", r.Verdict, r.Reason, err, tc.want)
			}
			if n := len(adapter.copies()); n != 0 {
				t.Errorf("%d copies were begun", n)
			}
		})
	}
}

// TestUncountedTargets: connections that cannot be counted are no small number of
// them, until a Policy says that it is meant. Where there are none, none are counted.
func TestUncountedTargets(t *testing.T) {
	allowed := Policy{}.Join(Policy{Production: Production{AllowUncounted: true}})
	at := place{store: StoreMySQL, hosts: []spot{{"db.pr", "3306"}}, path: "shop"}
	uncounted := Server{Fingerprint: "f", Connections: -1, Uncounted: "GRANT PROCESS"}
	found := Policy{}.notProduction(at, uncounted)
	if len(found) != 1 || !strings.Contains(found[0].Hint, "GRANT PROCESS") || !strings.Contains(found[0].Hint, "allowUncounted") {
		t.Errorf("found %+v", found)
	}
	if found := allowed.notProduction(at, uncounted); len(found) != 0 {
		t.Errorf("found %+v although it is meant", found)
	}
	if found := (Policy{}).notProduction(at, Server{Fingerprint: "f", Connections: -1, Connectionless: true}); len(found) != 0 {
		t.Errorf("found %+v at a store without connections", found)
	}
}

func TestRuleThatFitsNothing(t *testing.T) {
	adapter := &fakeAdapter{}
	doc := document()
	doc.Spec.Masking = Masking{Key: Credentials{Env: "KEY"}, Rules: []Rule{{Column: "shop.none.email", As: "email"}}}
	c := newCopier(t, adapter, func(d *CopierDeps) {
		d.NewMask = func([]Rule, []byte) (MaskPolicy, error) {
			return fakeMask{missing: events.Problems{{Key: "spec.masking.rules[0].column", Message: "fits no column"}}}, nil
		}
	})
	r, err := c.Copy(t.Context(), doc, CopyOptions{}, silent{})
	if events.KindOf(err) != events.KindInvalid || r.Verdict != Refused || len(adapter.copies()) != 0 {
		t.Errorf("got %s, %v", r.Verdict, err)
	}
}

// loseConnection writes a journal and fails; resumed it wants that journal.
func loseConnection(_ context.Context, j Job) (Part, error) {
	journal := filepath.Join(j.StateDir, "journal")
	if !j.Resume {
		return goodPart(), errors.Join(os.WriteFile(journal, []byte("1"), 0o600), errors.New("connection lost"))
	}
	_, err := os.ReadFile(journal)
	return goodPart(), err
}

func TestResume(t *testing.T) {
	adapter := &fakeAdapter{}
	adapter.copy = loseConnection
	c := newCopier(t, adapter, nil)
	r, err := c.Copy(t.Context(), document(), CopyOptions{ID: "first"}, silent{})
	if err == nil || r.Verdict != Incomplete || !strings.Contains(r.Reason, "connection lost") {
		t.Fatalf("got %+v, %v", r, err)
	}
	other := document()
	other.Spec.Stores[0].Exclude = []string{"x"}
	if r, err := c.Copy(t.Context(), other, CopyOptions{ID: "first", Resume: true}, silent{}); events.KindOf(err) != events.KindRefused || r.Verdict != Incomplete {
		t.Errorf("resume with another document: %s, %v", r.Verdict, err)
	}
	r, err = c.Copy(t.Context(), Document{}, CopyOptions{ID: "first", Resume: true}, silent{})
	if err != nil || r.Verdict != Equal || r.Parts[0].Resumed != 1 {
		t.Errorf("got %+v, %v", r, err)
	}
	if _, err := c.Copy(t.Context(), Document{}, CopyOptions{ID: "none", Resume: true}, silent{}); events.KindOf(err) != events.KindNotFound {
		t.Errorf("resume of no run: %v", err)
	}
}

// TestNotTried says of the stores after one that failed that they were not tried.
func TestNotTried(t *testing.T) {
	adapter := &fakeAdapter{copy: func(context.Context, Job) (Part, error) {
		return Part{}, events.Errorf(events.KindUnavailable, "", "connection lost")
	}}
	doc := document()
	second := doc.Spec.Stores[0]
	second.Name = "second"
	doc.Spec.Stores = append(doc.Spec.Stores, second)
	r, err := newCopier(t, adapter, nil).Copy(t.Context(), doc, CopyOptions{}, silent{})
	if events.KindOf(err) != events.KindUnavailable || len(r.Parts) != 2 || r.Parts[1].Reason != "not tried" || r.Verdict != Incomplete {
		t.Errorf("got %+v, %v", r, err)
	}
}

// TestTwoAtOnce lets one of two processes have a run.
func TestTwoAtOnce(t *testing.T) {
	inside, leave := make(chan struct{}), make(chan struct{})
	adapter := &fakeAdapter{copy: func(context.Context, Job) (Part, error) { close(inside); <-leave; return goodPart(), nil }}
	c := newCopier(t, adapter, nil)
	ended := make(chan error, 1)
	go func() { _, err := c.Copy(t.Context(), document(), CopyOptions{ID: "one"}, silent{}); ended <- err }()
	<-inside
	for _, resume := range []bool{true, false} {
		r, err := c.Copy(t.Context(), document(), CopyOptions{ID: "one", Resume: resume}, silent{})
		e, _ := errors.AsType[*events.Error](err)
		if events.KindOf(err) != events.KindUnavailable || !strings.Contains(err.Error(), "another process") || e.Advice == "" || r.Verdict != Incomplete {
			t.Errorf("second copy, resume %t: %s, %v", resume, r.Verdict, err)
		}
	}
	close(leave)
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestPlanAndVerifyLeaveReportsOnly(t *testing.T) {
	c := newCopier(t, &fakeAdapter{}, nil)
	plans, err := c.Plan(t.Context(), document())
	if err != nil || len(plans) != 1 || len(plans[0].Findings) != 0 {
		t.Errorf("plan %+v, %v", plans, err)
	}
	if r, err := c.Verify(t.Context(), document(), silent{}); err != nil || r.Verdict != Equal || r.Command != "verify" {
		t.Errorf("verify %+v, %v", r, err)
	}
	left, err := filepath.Glob(filepath.Join(c.deps.Dir, "*", "*"))
	for i := range left {
		left[i] = strings.TrimPrefix(left[i], c.deps.Dir+"/")
	}
	if want := []string{"run-1/report.html", "run-1/report.json"}; err != nil || !slices.Equal(left, want) {
		t.Errorf("left %q, %v", left, err)
	}
}
