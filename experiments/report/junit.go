package report

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/shakedown-dev/shakedown/experiments/record"
)

// The elements of JUnit XML as CI servers read them. One run is one suite with one
// case.
type (
	junitSuites struct {
		XMLName  xml.Name `xml:"testsuites"`
		Name     string   `xml:"name,attr"`
		Tests    int      `xml:"tests,attr"`
		Failures int      `xml:"failures,attr"`
		Errors   int      `xml:"errors,attr"`
		Skipped  int      `xml:"skipped,attr"`
		Time     string   `xml:"time,attr"`
		Suites   []junitSuite
	}
	junitSuite struct {
		XMLName    xml.Name        `xml:"testsuite"`
		Name       string          `xml:"name,attr"`
		ID         string          `xml:"id,attr"`
		Tests      int             `xml:"tests,attr"`
		Failures   int             `xml:"failures,attr"`
		Errors     int             `xml:"errors,attr"`
		Skipped    int             `xml:"skipped,attr"`
		Time       string          `xml:"time,attr"`
		Timestamp  string          `xml:"timestamp,attr,omitempty"`
		Properties []junitProperty `xml:"properties>property"`
		Case       junitCase       `xml:"testcase"`
	}
	junitProperty struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
	junitCase struct {
		Name    string        `xml:"name,attr"`
		Class   string        `xml:"classname,attr"`
		Time    string        `xml:"time,attr"`
		Failure *junitOutcome `xml:"failure"`
		Error   *junitOutcome `xml:"error"`
		Skipped *junitOutcome `xml:"skipped"`
		Out     junitText     `xml:"system-out"`
	}
	junitText struct {
		Text string `xml:",cdata"`
	}
	junitOutcome struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr,omitempty"`
		Text    string `xml:",chardata"`
	}
)

// JUnit writes a suite with one case: failed is a failure, inconclusive, aborted and
// no verdict are errors, not-run is skipped with its reason. Only passed is a success.
func JUnit(w io.Writer, r record.Record) error {
	var took time.Duration
	if !r.Started.IsZero() && r.Ended.After(r.Started) {
		took = r.Ended.Sub(r.Started)
	}
	s := junitSuite{
		Name: plain(cmp.Or(r.Name, "unnamed experiment")), ID: plain(r.Run), Tests: 1, Time: fmt.Sprintf("%.3f", took.Seconds()),
		Properties: junitProperties(r),
		Case: junitCase{
			Name: plain(cmp.Or(r.Name, "unnamed experiment")), Time: fmt.Sprintf("%.3f", took.Seconds()),
			Class: plain("shakedown." + cmp.Or(r.Environment.Name, cmp.Or(r.Environment.Namespace, "environment"))),
			Out:   junitText{plain(Text(r, 100, false))},
		},
	}
	if !r.Started.IsZero() {
		s.Timestamp = r.Started.UTC().Format("2006-01-02T15:04:05")
	}
	s.judge(r)
	all := junitSuites{Name: "shakedown", Tests: 1, Failures: s.Failures, Errors: s.Errors, Skipped: s.Skipped, Time: s.Time, Suites: []junitSuite{s}}
	raw, err := xml.MarshalIndent(all, "", "  ")
	if err != nil {
		return fmt.Errorf("encode JUnit report of run %s: %w", r.Run, err)
	}
	if _, err := fmt.Fprintf(w, "%s%s\n", xml.Header, raw); err != nil {
		return fmt.Errorf("write JUnit report of run %s: %w", r.Run, err)
	}
	return nil
}

// judge puts the verdict into the words of JUnit.
func (s *junitSuite) judge(r record.Record) {
	o := &junitOutcome{
		Message: plain(wordOf(r) + ": " + cmp.Or(r.Verdict.Reason, "no reason given")),
		Type:    plain(wordOf(r)), Text: plain(r.Verdict.Advice),
	}
	switch r.Verdict.Word {
	case record.Passed:
	case record.Failed:
		s.Failures, s.Case.Failure = 1, o
	case record.NotRun:
		s.Skipped, s.Case.Skipped = 1, &junitOutcome{Message: o.Message}
	case record.Inconclusive, record.Aborted:
		s.Errors, s.Case.Error = 1, o
	default:
		s.Errors, s.Case.Error = 1, o
	}
}

func junitProperties(r record.Record) (all []junitProperty) {
	add := func(name, value string) {
		if value != "" {
			all = append(all, junitProperty{name, plain(value)})
		}
	}
	add("verdict", wordOf(r))
	add("environment", r.Environment.Name)
	add("namespace", r.Environment.Namespace)
	add("revision", r.Environment.Revision)
	for _, f := range figures(r) {
		add(strings.ToLower(f.Name), strings.TrimSpace(f.Value+" "+f.Error))
	}
	add("record", hash(r))
	for _, line := range repeat(r) {
		name, seed, _ := strings.Cut(line, ": ")
		add(name, seed)
	}
	return all
}

// plain drops what XML 1.0 cannot carry.
func plain(s string) string {
	return strings.Map(func(c rune) rune {
		if c == '\t' || c == '\n' || c >= ' ' && c != 0xFFFD && c != 0xFFFE && c != 0xFFFF {
			return c
		}
		return -1
	}, s)
}
