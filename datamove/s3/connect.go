package s3

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/aws/smithy-go/logging"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/datamove/trust"
	"github.com/shakedown-dev/shakedown/events"
)

// open makes both ends of a job. They share a limiter where they share a server.
func (a *Adapter) open(ctx context.Context, j datamove.Job) (from, to *end, err error) {
	if from, err = a.end(ctx, j, "source", j.From); err != nil {
		return nil, nil, err
	}
	if to, err = a.end(ctx, j, "target", j.To); err != nil {
		return nil, nil, err
	}
	if from.sameServer(to.location) {
		to.limit = from.limit
	}
	return from, to, nil
}

func (a *Adapter) end(ctx context.Context, j datamove.Job, side string, access datamove.Access) (*end, error) {
	l, err := locate(access.Endpoint)
	if err != nil {
		return nil, events.Errorf(events.KindInvalid, "write it like s3://bucket/prefix?endpoint=https://s3.example.com", "URL of the %s %w", side, err)
	}
	e := &end{
		location: l, side: side, access: access, now: j.Now, timeout: a.opts.Timeout, retry: a.retry,
		limit: newLimiter(j.Store.S3.Concurrency, j.Now),
	}
	loaded, err := e.config(ctx)
	if err != nil {
		return nil, err
	}
	e.connections = connections(&loaded)
	e.region = loaded.Region
	return e, e.connect(loaded)
}

// connect makes the client. Nothing is dialled yet.
func (e *end) connect(loaded aws.Config) (err error) {
	e.client = s3.NewFromConfig(loaded, func(o *s3.Options) {
		o.UsePathStyle = !e.virtual
		o.Retryer = aws.NopRetryer{} // try does it, and reports to the limiter
		o.Logger = logging.Nop{}
		o.APIOptions = append(o.APIOptions, fenced)
		o.DisableLogOutputChecksumValidationSkipped = true
		// Many servers do not know the newer checksums; ETags and our own say what is needed.
		o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
		o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
		if e.endpoint != "" {
			o.BaseEndpoint = aws.String(e.endpoint)
		} else if e.endpoint, err = endpointURL(aws.ToString(o.BaseEndpoint)); e.endpoint != "" { // of the SDK's own settings
			o.UsePathStyle = !e.styled
		}
		if err == nil && o.UsePathStyle && e.endpoint != "" {
			o.EndpointResolverV2, err = newPlainEndpoint(e.endpoint, o.Region)
		}
	})
	if err != nil {
		return events.Errorf(events.KindInvalid, "correct AWS_ENDPOINT_URL or the SDK's own settings", "URL of the %s %w", e.side, err)
	}
	return nil
}

// config is the SDK's own for the credentials, the region and the certificates.
func (e *end) config(ctx context.Context) (aws.Config, error) {
	options := []func(*config.LoadOptions) error{config.WithHTTPClient(transport(e.timeout)), config.WithLogger(logging.Nop{})}
	if e.region != "" {
		options = append(options, config.WithRegion(e.region))
	}
	if e.access.Secret != "" {
		keys, err := staticKeys(e.access.Secret)
		if err != nil {
			return aws.Config{}, events.Errorf(events.KindInvalid, "it is ACCESS_KEY_ID:SECRET_ACCESS_KEY, and may go on with :SESSION_TOKEN",
				"credentials of the %s %s: %w", e.side, e.access, err)
		}
		options = append(options, config.WithCredentialsProvider(keys))
	}
	if e.access.CA != "" {
		pem, err := trust.PEM(e.access.CA)
		if err != nil {
			return aws.Config{}, fmt.Errorf("connect to the %s: %w", e.side, err)
		}
		options = append(options, config.WithCustomCABundle(bytes.NewReader(pem)))
	}
	loaded, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return aws.Config{}, events.Errorf(events.KindInvalid, "", "settings of the %s %s: %w", e.side, e.access, err)
	}
	if loaded.Region == "" {
		loaded.Region = defaultRegion
	}
	return loaded, e.haveKeys(ctx, loaded)
}

// haveKeys fails early where there is no key pair: a request would fail as one without
// rights.
func (e *end) haveKeys(ctx context.Context, loaded aws.Config) error {
	ctx, cancel := e.quick(ctx)
	defer cancel()
	if _, err := loaded.Credentials.Retrieve(ctx); err != nil {
		return events.Errorf(events.KindInvalid, "name them in credentials, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
			"the %s %s has no credentials: %w", e.side, e.access, err)
	}
	return nil
}

// staticKeys takes a secret apart. Errors never repeat it.
func staticKeys(secret string) (aws.CredentialsProvider, error) {
	id, rest, found := strings.Cut(secret, ":")
	key, token, _ := strings.Cut(rest, ":")
	if !found || id == "" || key == "" {
		return nil, fmt.Errorf("they are not a key pair")
	}
	return aws.NewCredentialsCache(credentials.NewStaticCredentialsProvider(id, key, token)), nil
}

// transport keeps as many connections as there may be requests at once.
func transport(timeout time.Duration) *awshttp.BuildableClient {
	return awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
		t.MaxIdleConns, t.MaxIdleConnsPerHost = 4*limitMost, 4*limitMost
		t.IdleConnTimeout = time.Minute
		t.ResponseHeaderTimeout = 0 // a copy of gigabytes may take long; calls have their own bounds
		t.TLSHandshakeTimeout = timeout
		t.DisableCompression = true // what is stored compressed is copied compressed
	})
}

// connections has the settings' client use a transport of our own, made of the same,
// because the SDK's has no way to end its idle connections.
func connections(loaded *aws.Config) *http.Transport {
	client, ok := loaded.HTTPClient.(*awshttp.BuildableClient)
	if !ok {
		client = awshttp.NewBuildableClient()
	}
	t := client.GetTransport()
	loaded.HTTPClient = &http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return t
}
