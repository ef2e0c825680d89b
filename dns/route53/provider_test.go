package route53

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"go.uber.org/goleak"

	"github.com/shakedown-dev/shakedown/dns"
	"github.com/shakedown-dev/shakedown/dns/dnstest"
	"github.com/shakedown-dev/shakedown/dns/name"
	"github.com/shakedown-dev/shakedown/events"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// settings point the SDK to a server of the test.
func settings(t *testing.T, url string) {
	t.Helper()
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": url, "AWS_ACCESS_KEY_ID": "CANARYACCESSKEY00001", "AWS_SECRET_ACCESS_KEY": "canary", "AWS_REGION": "us-east-1",
		"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "AWS_PROFILE": "",
	} {
		t.Setenv(name, value)
	}
}

// open is the provider of a server with the handler.
func open(t *testing.T, h http.Handler, o Options) *Provider {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	settings(t, server.URL)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Rate == 0 {
		o.Rate, o.Burst = 1e6, 1e6
	}
	o.Pause = time.Millisecond
	p, err := New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

var suiteZone = dns.Zone{ID: "Z1", Name: dnstest.Apex}

func TestConformance(t *testing.T) {
	dnstest.Run(t, func(t *testing.T) dnstest.Rig {
		f := dnstest.NewFake(dns.Contents{Zone: suiteZone})
		f.Propagation = 1
		return dnstest.Rig{Provider: open(t, dnstest.Handler(f), Options{}), Zone: suiteZone}
	})
}

// TestManyZones reads all pages, and tells private zones.
func TestManyZones(t *testing.T) {
	var all []dns.Contents
	for range 301 {
		all = append(all, dns.Contents{Zone: dns.Zone{ID: "Z" + strings.Repeat("x", len(all)), Name: "a.example", Private: len(all)%2 == 0}})
	}
	f := dnstest.NewFake(all...)
	got, err := open(t, dnstest.Handler(f), Options{}).Zones(t.Context())
	if err != nil || len(got) != 301 || !got[300].Private || got[1].Private || f.Calls("Zones") != 2 {
		t.Errorf("%d zones, %v, by %d calls", len(got), err, f.Calls("Zones"))
	}
}

// answers fails the first requests with an answer, then passes them on.
type answers struct {
	mu    sync.Mutex
	left  int
	with  error
	next  http.Handler
	calls int
}

func (a *answers) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	a.calls++
	a.left--
	fails := a.left >= 0
	a.mu.Unlock()
	if fails {
		dnstest.WriteError(w, a.with)
		return
	}
	a.next.ServeHTTP(w, r)
}

func failing(times, status int, code string) *answers {
	f := dnstest.NewFake(dns.Contents{Zone: suiteZone})
	return &answers{left: times, with: dnstest.APIError{Status: status, Code: code, Message: "no"}, next: dnstest.Handler(f)}
}

var edit = []dns.Edit{{Record: dns.Record{Name: "a." + dnstest.Apex, Type: dns.A, TTL: 60, Values: []string{"192.0.2.1"}}}}

// TestTriesAgain: what is throttled, or meets another change of the zone, is made in the end.
func TestTriesAgain(t *testing.T) {
	for code, status := range map[string]int{"Throttling": 400, "ThrottlingException": 429, "PriorRequestNotComplete": 400} {
		t.Run(code, func(t *testing.T) {
			a := failing(9, status, code)
			p := open(t, a, Options{Retryer: aws.NopRetryer{}})
			if _, err := p.Change(t.Context(), suiteZone, edit); err != nil || a.calls != 10 {
				t.Errorf("%v after %d calls", err, a.calls)
			}
		})
	}
}

// TestPatienceEnds: after the patience a throttled request fails as one that may be made later.
func TestPatienceEnds(t *testing.T) {
	now := time.Unix(0, 0)
	a := failing(1000, 400, "Throttling")
	p := open(t, a, Options{Retryer: aws.NopRetryer{}, Patience: 10 * time.Minute, Now: func() time.Time { now = now.Add(time.Minute); return now }})
	_, err := p.Change(t.Context(), suiteZone, edit)
	wantKind(t, err, events.KindUnavailable, "still too many requests after 10m0s")
	if a.calls < 3 || a.calls > 12 {
		t.Errorf("%d calls", a.calls)
	}
}

func wantKind(t *testing.T, err error, kind events.Kind, says string) {
	t.Helper()
	if events.KindOf(err) != kind || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "\n") {
		t.Errorf("got %v, want one line of kind %s that says %q", err, kind, says)
	}
}

// TestFailures: each answer of Route 53 has the kind that a provider promises.
func TestFailures(t *testing.T) {
	for _, tc := range []struct {
		code   string
		status int
		kind   events.Kind
	}{
		{"AccessDenied", 403, events.KindRefused},
		{"InvalidClientTokenId", 403, events.KindRefused},
		{"LimitsExceeded", 400, events.KindRefused},
		{"NoSuchHostedZone", 404, events.KindNotFound},
		{"InvalidInput", 400, events.KindInvalid},
		{"InvalidChangeBatch", 400, events.KindInvalid},
		{"ServiceUnavailable", 503, events.KindUnavailable},
	} {
		t.Run(tc.code, func(t *testing.T) {
			p := open(t, failing(1, tc.status, tc.code), Options{Retryer: aws.NopRetryer{}})
			_, err := p.Change(t.Context(), suiteZone, edit)
			wantKind(t, err, tc.kind, "no")
		})
	}
}

// TestNobodyThere: a server that is away, and credentials that are not there, are told in
// one line.
func TestNobodyThere(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	settings(t, server.URL)
	p, err := New(t.Context(), Options{Now: time.Now, Retryer: aws.NopRetryer{}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.Zones(t.Context())
	wantKind(t, err, events.KindUnavailable, "list hosted zones")
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	if p, err = New(t.Context(), Options{Now: time.Now, Retryer: aws.NopRetryer{}}); err != nil {
		t.Fatal(err)
	}
	_, err = p.Zones(t.Context())
	wantKind(t, err, events.KindUnavailable, "credentials")
}

// TestOneRequestAZone: changes of one zone are made one after the other, those of two at once.
func TestOneRequestAZone(t *testing.T) {
	f := dnstest.NewFake(dns.Contents{Zone: suiteZone}, dns.Contents{Zone: dns.Zone{ID: "Z2", Name: dnstest.Apex}})
	var mu sync.Mutex
	busy, both := map[string]int{}, make(chan struct{})
	inside := 0
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		busy[r.URL.Path]++
		if inside++; busy[r.URL.Path] > 1 {
			t.Errorf("two requests at once for %s", r.URL.Path)
		}
		if inside == 2 {
			close(both) // one request of each zone
		}
		mu.Unlock()
		<-both
		dnstest.Handler(f).ServeHTTP(w, r)
		mu.Lock()
		busy[r.URL.Path]--
		mu.Unlock()
	})
	p := open(t, handler, Options{})
	events.Parallel(8, 8, func(i int) {
		r := dns.Record{Name: name.Name(fmt.Sprintf("h%d.", i)) + dnstest.Apex, Type: dns.A, TTL: 60, Values: []string{"192.0.2.1"}}
		if _, err := p.Change(t.Context(), dns.Zone{ID: []string{"Z1", "Z2"}[i%2]}, []dns.Edit{{Record: r}}); err != nil {
			t.Error(err)
		}
	})
}

// TestBucket lets a burst through, and then a steady rate.
func TestBucket(t *testing.T) {
	now := time.Unix(100, 0)
	b := newBucket(10, 3, func() time.Time { return now })
	var waits []time.Duration
	for range 5 {
		waits = append(waits, b.reserve())
	}
	want := []time.Duration{0, 0, 0, 100 * time.Millisecond, 200 * time.Millisecond}
	for i := range want {
		if max(waits[i], 0) != want[i] {
			t.Fatalf("waits %v, want %v", waits, want)
		}
	}
	now = now.Add(time.Second)
	if wait := b.reserve(); wait > 0 {
		t.Errorf("after a pause: %s", wait)
	}
}

// TestRetriesAreLimited: a request that the SDK makes again takes its place in the bucket
// like any other.
func TestRetriesAreLimited(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	a := failing(1, 503, "ServiceUnavailable")
	once := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.AfterFunc(100*time.Millisecond, cancel) // without the bucket the next one is here by then
		a.ServeHTTP(w, r)
	})
	soon := retry.NewStandard(func(o *retry.StandardOptions) { o.MaxBackoff = time.Microsecond })
	p := open(t, once, Options{Rate: 0.001, Burst: 1, Retryer: soon})
	if _, err := p.Change(ctx, suiteZone, edit); !errors.Is(err, context.Canceled) || a.calls != 1 {
		t.Errorf("%v after %d calls", err, a.calls)
	}
}
