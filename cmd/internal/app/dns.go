package app

import (
	"context"
	"time"

	"github.com/shakedown-dev/shakedown/cmd/internal/spec"
	"github.com/shakedown-dev/shakedown/dns"
	"github.com/shakedown-dev/shakedown/dns/route53"
)

// zonePoll is how often a change is asked for until the name servers know it.
const zonePoll = 2 * time.Second

// NewSyncer changes the zones of the account that the settings of the AWS SDK name.
func NewSyncer(ctx context.Context, now func() time.Time, progress dns.Progress) (dns.Syncer, error) {
	provider, err := route53.New(ctx, route53.Options{Now: now})
	return dns.Syncer{Provider: provider, Limits: dns.DefaultLimits(), Progress: progress, Poll: zonePoll}, err
}

// hostnames is the kind of documents that only commands use: no server changes zones.
func hostnames() map[string]func() spec.Validator {
	return map[string]func() spec.Validator{dns.Kind: func() spec.Validator { return &dns.Document{} }}
}
