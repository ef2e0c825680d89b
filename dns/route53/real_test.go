//go:build real

package route53

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"

	"github.com/shakedown-dev/shakedown/dns"
	"github.com/shakedown-dev/shakedown/dns/dnstest"
	"github.com/shakedown-dev/shakedown/dns/name"
	"github.com/shakedown-dev/shakedown/internal/storetest"
)

// front stands before a moto and does what that does not: it refuses what Route 53
// refuses, one of two changes of a zone at once, and some requests at random.
type front struct {
	moto *httputil.ReverseProxy
	// rules has the records of each zone as they must be.
	rules *dnstest.Fake
	mu    sync.Mutex
	rand  *rand.Rand
	busy  map[string]bool
	calls map[string]int
	// faults is how many of a hundred requests are throttled.
	faults int
}

// newFront starts a moto with the zones, and what stands before it.
func newFront(t *testing.T, zones ...name.Name) (*front, []dns.Zone) {
	t.Helper()
	server := storetest.Moto(t)
	settings(t, server.Endpoint)
	p, err := New(t.Context(), Options{Now: time.Now, Rate: 1000, Burst: 1000})
	if err != nil {
		t.Fatal(err)
	}
	for i, n := range zones {
		_, err := p.client.CreateHostedZone(t.Context(), &route53.CreateHostedZoneInput{Name: aws.String(n.API()), CallerReference: aws.String(fmt.Sprint(i))})
		if err != nil {
			t.Fatal(err)
		}
	}
	made, err := p.Zones(t.Context())
	if err != nil || len(made) != len(zones) {
		t.Fatalf("%d zones, %v", len(made), err)
	}
	var contents []dns.Contents
	for _, z := range made {
		contents = append(contents, dns.Contents{Zone: z})
	}
	target, err := url.Parse(server.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	return &front{
		moto: httputil.NewSingleHostReverseProxy(target), rules: dnstest.NewFake(contents...),
		rand: rand.New(rand.NewPCG(11, 1)), busy: map[string]bool{}, calls: map[string]int{},
	}, made
}

func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	f.calls[r.Method]++
	throttle := f.rand.IntN(100) < f.faults
	f.mu.Unlock()
	switch {
	case throttle:
		dnstest.WriteError(w, dnstest.APIError{Status: http.StatusBadRequest, Code: "Throttling", Message: "Rate exceeded"})
	case r.Method == http.MethodPost:
		f.change(w, r)
	default:
		f.moto.ServeHTTP(w, r)
	}
}

// change lets one change of a zone at a time through, if the rules allow it.
func (f *front) change(w http.ResponseWriter, r *http.Request) {
	zone := strings.Split(r.URL.Path, "/")[3]
	if !f.enter(zone) {
		dnstest.WriteError(w, dnstest.APIError{Status: http.StatusBadRequest, Code: "PriorRequestNotComplete", Message: "another request is at work"})
		return
	}
	defer f.leave(zone)
	edits, err := dnstest.ReadBatch(r.Body)
	if err == nil {
		_, err = f.rules.Change(r.Context(), dns.Zone{ID: zone}, edits)
	}
	if err != nil {
		dnstest.WriteError(w, err)
		return
	}
	parts := slices.Collect(slices.Chunk(net(edits), 400))
	for i, part := range parts {
		answer := w
		if i < len(parts)-1 {
			answer = httptest.NewRecorder()
		}
		f.forward(answer, r, part)
	}
}

func (f *front) enter(zone string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.busy[zone] {
		return false
	}
	f.busy[zone] = true
	return true
}

func (f *front) leave(zone string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.busy[zone] = false
}

// net are edits without those that another one takes back: moto knows no record that was
// deleted and created in one batch.
func net(edits []dns.Edit) (list []dns.Edit) {
	for i, e := range edits {
		again := slices.ContainsFunc(edits[i+1:], func(other dns.Edit) bool { return other.Record.Key() == e.Record.Key() })
		if !again {
			list = append(list, e)
		}
	}
	return list
}

// forward sends edits to moto, whose journal takes a record for one that is there for ever
// once it was created; UPSERT passes it by.
func (f *front) forward(w http.ResponseWriter, r *http.Request, edits []dns.Edit) {
	type change struct {
		Action string
		Set    any `xml:"ResourceRecordSet"`
	}
	var batch struct {
		XMLName xml.Name `xml:"https://route53.amazonaws.com/doc/2013-04-01/ ChangeResourceRecordSetsRequest"`
		Changes []change `xml:"ChangeBatch>Changes>Change"`
	}
	for _, e := range edits {
		action := "UPSERT"
		if e.Delete {
			action = "DELETE"
		}
		batch.Changes = append(batch.Changes, change{action, dnstest.Written(e.Record)})
	}
	body, err := xml.Marshal(batch)
	if err != nil {
		dnstest.WriteError(w, err)
		return
	}
	again := r.Clone(r.Context())
	again.Body, again.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	f.moto.ServeHTTP(w, again)
}

// through is a provider that speaks to moto through the front.
func through(t *testing.T, f *front) *Provider {
	t.Helper()
	return open(t, f, Options{})
}

func TestConformanceOfMoto(t *testing.T) {
	dnstest.Run(t, func(t *testing.T) dnstest.Rig {
		f, zones := newFront(t, dnstest.Apex)
		return dnstest.Rig{Provider: through(t, f), Zone: zones[0]}
	})
}

type quiet struct{}

func (quiet) Step(string) {}
func (quiet) Note(string) {}

// wanted are so many hosts in each zone.
func wanted(zones []name.Name, each int) dns.Source {
	s := dns.Source{Owner: dns.Owner{ID: "us", Resource: "hostnames/large"}}
	for _, z := range zones {
		for i := range each {
			s.Records = append(s.Records, dns.Record{Name: name.Name(fmt.Sprintf("h%03d.", i)) + z, Type: dns.A, TTL: 60, Values: []string{"192.0.2.1"}})
		}
	}
	return s
}

// TestLargeSync: 10,000 records in 20 zones of a Route 53 that throttles are made by few
// batches, and a second plan is empty.
func TestLargeSync(t *testing.T) {
	var names []name.Name
	for i := range 20 {
		names = append(names, name.Name(fmt.Sprintf("z%02d.example", i)))
	}
	f, _ := newFront(t, names...)
	f.faults = 10
	p, s := through(t, f), []dns.Source{wanted(names, 500)}
	plan := planned(t, p, s)
	began := time.Now()
	result, err := dns.Syncer{Provider: p, Limits: dns.DefaultLimits(), Progress: quiet{}, Poll: time.Millisecond}.Apply(t.Context(), plan)
	if err != nil || len(result.Done) != 10_000 {
		t.Fatalf("%d done, failed %v, %v", len(result.Done), result.Failed, err)
	}
	t.Logf("10,000 records in %d batches and %s; all requests: %v", result.Batches, time.Since(began).Round(time.Millisecond), f.calls)
	if result.Batches != plan.Batches(dns.DefaultLimits()) {
		t.Errorf("%d batches, planned were %d", result.Batches, plan.Batches(dns.DefaultLimits()))
	}
	began = time.Now()
	again := planned(t, p, s)
	t.Logf("the second plan took %s", time.Since(began).Round(time.Millisecond))
	if !again.Empty() || again.Unchanged != 10_000 {
		t.Errorf("the second plan: %d changes, %d refused, %d unchanged", len(again.Changes), len(again.Refused), again.Unchanged)
	}
}

func planned(t *testing.T, p dns.Provider, s []dns.Source) dns.Plan {
	t.Helper()
	contents, err := dns.Read(t.Context(), p, s)
	if err != nil {
		t.Fatal(err)
	}
	return dns.NewPlan(contents, s)
}

// TestTwoServers change the same zone at once, one of them through faults: all is as
// wanted in the end, and records of others are as they were.
func TestTwoServers(t *testing.T) {
	f, zones := newFront(t, dnstest.Apex)
	f.faults = 20
	one, two := through(t, f), through(t, f)
	foreign := dns.Record{Name: "foreign." + dnstest.Apex, Type: dns.A, TTL: 60, Values: []string{"192.0.2.99"}}
	if _, err := one.Change(t.Context(), zones[0], []dns.Edit{{Record: foreign}}); err != nil {
		t.Fatal(err)
	}
	s := []dns.Source{wanted([]name.Name{dnstest.Apex}, 600)}
	for _, value := range []string{"192.0.2.1", "192.0.2.2"} {
		for i := range s[0].Records {
			s[0].Records[i].Values = []string{value}
		}
		var both sync.WaitGroup
		for _, p := range []*Provider{one, two} {
			plan := planned(t, p, s)
			both.Go(func() {
				result, err := dns.Syncer{Provider: p, Limits: dns.DefaultLimits(), Progress: quiet{}, Poll: time.Millisecond}.Apply(t.Context(), plan)
				if err != nil || len(result.Failed) > 0 {
					t.Errorf("failed %v, %v", result.Failed, err)
				}
			})
		}
		both.Wait()
		if again := planned(t, one, s); !again.Empty() {
			t.Errorf("after %s: %d changes, refused %v", value, len(again.Changes), again.Refused)
		}
	}
	records, err := one.Records(t.Context(), zones[0])
	if err != nil || !slices.ContainsFunc(records, foreign.Equal) {
		t.Errorf("the record of others: %v", err)
	}
}
