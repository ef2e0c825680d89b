package route53

import (
	"context"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/aws/smithy-go/logging"

	"github.com/shakedown-dev/shakedown/dns"
	"github.com/shakedown-dev/shakedown/dns/name"
	"github.com/shakedown-dev/shakedown/events"
)

// Options say how a Provider speaks to Route 53. Zero values are defaults.
type Options struct {
	// Rate is how many requests a second are made (default 5), half of what an account may
	// do: others are there as well.
	Rate float64
	// Burst is how many requests are made at once after a pause (default 10).
	Burst int
	// Patience is how long a request is tried again while Route 53 says that there are too
	// many (default 15m).
	Patience time.Duration
	// Pause is the first pause after that (default 1s); those that follow are longer.
	Pause time.Duration
	// Jitter spreads the pauses of several servers; nil for half to one and a half of each.
	Jitter func(time.Duration) time.Duration
	// Retryer tries again what may pass soon; nil for the SDK's adaptive one.
	Retryer aws.Retryer
	// Now must be set.
	Now func() time.Time
}

// pageSize is the most records that Route 53 lists in one answer.
const pageSize = 300

// Provider has the zones of one account.
type Provider struct {
	client *route53.Client
	opts   Options
	mu     sync.Mutex
	// busy has a lock for each zone that is changed.
	busy map[string]*sync.Mutex
}

var _ dns.Provider = (*Provider)(nil)

// New returns the provider of the account of the SDK's own settings: variables such as
// AWS_PROFILE, files, the role of the machine. Nothing is asked yet.
func New(ctx context.Context, o Options) (*Provider, error) {
	o = o.withDefaults()
	loaded, err := config.LoadDefaultConfig(ctx, config.WithLogger(logging.Nop{}))
	if err != nil {
		return nil, events.Errorf(events.KindInvalid, "correct the settings of the AWS SDK", "read the settings of the AWS SDK: %w", err)
	}
	if loaded.Region == "" {
		loaded.Region = "us-east-1" // Route 53 has no regions, and its signatures name this one
	}
	loaded.HTTPClient = &limited{client: connections(loaded.HTTPClient), bucket: newBucket(o.Rate, o.Burst, o.Now)}
	return &Provider{opts: o, busy: map[string]*sync.Mutex{}, client: route53.NewFromConfig(loaded, func(r *route53.Options) { r.Retryer = o.Retryer })}, nil
}

func (o Options) withDefaults() Options {
	if o.Rate == 0 {
		o.Rate = 5
	}
	if o.Burst == 0 {
		o.Burst = 10
	}
	if o.Patience == 0 {
		o.Patience = 15 * time.Minute
	}
	if o.Pause == 0 {
		o.Pause = time.Second
	}
	if o.Jitter == nil {
		o.Jitter = func(d time.Duration) time.Duration { return d/2 + rand.N(d) }
	}
	if o.Retryer == nil {
		o.Retryer = retry.NewAdaptiveMode()
	}
	return o
}

// connections is a client of the settings of another one, whose answers must begin in time.
func connections(of aws.HTTPClient) *http.Client {
	client, ok := of.(*awshttp.BuildableClient)
	if !ok {
		client = awshttp.NewBuildableClient()
	}
	transport := client.GetTransport()
	transport.ResponseHeaderTimeout = time.Minute
	return &http.Client{Transport: transport}
}

// Zones lists all zones.
func (p *Provider) Zones(ctx context.Context) (all []dns.Zone, err error) {
	pages := route53.NewListHostedZonesPaginator(p.client, &route53.ListHostedZonesInput{})
	for pages.HasMorePages() {
		var page *route53.ListHostedZonesOutput
		err := p.patiently(ctx, "list hosted zones", func(ctx context.Context) (err error) {
			page, err = pages.NextPage(ctx)
			return err
		})
		if err != nil {
			return nil, err
		}
		for _, z := range page.HostedZones {
			n, err := name.Read(aws.ToString(z.Name))
			if err != nil {
				continue // nothing that can be wanted is in it
			}
			private := z.Config != nil && z.Config.PrivateZone
			all = append(all, dns.Zone{ID: strings.TrimPrefix(aws.ToString(z.Id), "/hostedzone/"), Name: n, Private: private})
		}
	}
	return all, nil
}

// Records lists all records of a zone.
func (p *Provider) Records(ctx context.Context, z dns.Zone) (all []dns.Record, err error) {
	pages := route53.NewListResourceRecordSetsPaginator(p.client, &route53.ListResourceRecordSetsInput{
		HostedZoneId: aws.String(z.ID), MaxItems: aws.Int32(pageSize),
	})
	for pages.HasMorePages() {
		var page *route53.ListResourceRecordSetsOutput
		err := p.patiently(ctx, "list records of zone "+string(z.Name), func(ctx context.Context) (err error) {
			page, err = pages.NextPage(ctx)
			return err
		})
		if err != nil {
			return nil, err
		}
		for _, set := range page.ResourceRecordSets {
			r, err := read(set)
			if err != nil {
				return nil, events.Errorf(events.KindInternal, "", "read records of zone %s: %w", z.Name, err)
			}
			all = append(all, r)
		}
	}
	return all, nil
}

// Change makes all edits of a zone, or none.
func (p *Provider) Change(ctx context.Context, z dns.Zone, edits []dns.Edit) (id string, err error) {
	lock := p.lock(z.ID)
	lock.Lock()
	defer lock.Unlock()
	changes := make([]types.Change, 0, len(edits))
	for _, e := range edits {
		changes = append(changes, write(e))
	}
	err = p.patiently(ctx, "change records of zone "+string(z.Name), func(ctx context.Context) error {
		out, err := p.client.ChangeResourceRecordSets(ctx, &route53.ChangeResourceRecordSetsInput{
			HostedZoneId: aws.String(z.ID), ChangeBatch: &types.ChangeBatch{Changes: changes},
		})
		if err == nil {
			id = aws.ToString(out.ChangeInfo.Id)
		}
		return err
	})
	return id, err
}

// lock is that of a zone: a second request that changes it would be refused.
func (p *Provider) lock(zone string) *sync.Mutex {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.busy[zone] == nil {
		p.busy[zone] = &sync.Mutex{}
	}
	return p.busy[zone]
}

// Pending says whether there are name servers that do not know a change yet.
func (p *Provider) Pending(ctx context.Context, id string) (pending bool, err error) {
	err = p.patiently(ctx, "ask for change "+id, func(ctx context.Context) error {
		out, err := p.client.GetChange(ctx, &route53.GetChangeInput{Id: aws.String(id)})
		if err == nil {
			pending = out.ChangeInfo.Status == types.ChangeStatusPending
		}
		return err
	})
	return pending, err
}

// patiently makes a request, again for as long as there are too many.
func (p *Provider) patiently(ctx context.Context, what string, request func(context.Context) error) error {
	began := p.opts.Now()
	for pause := p.opts.Pause; ; pause = min(2*pause, 30*p.opts.Pause) {
		err := request(ctx)
		if err == nil {
			return nil
		}
		if lost := events.CheckFence(ctx); lost != nil {
			return lost
		}
		switch {
		case !throttled(err):
			return explain(what, err)
		case p.opts.Now().Sub(began) > p.opts.Patience:
			return events.Errorf(events.KindUnavailable, "see who else makes requests in this account, or try again later",
				"%s: still too many requests after %s: %w", what, p.opts.Patience, err)
		}
		if !events.Wait(ctx, p.opts.Jitter(pause)) {
			return context.Cause(ctx)
		}
	}
}
