package s3

import (
	"context"
	"fmt"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/auth"
	smithyendpoints "github.com/aws/smithy-go/endpoints"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// plainEndpoint resolves an endpoint that names the bucket in the path. The SDK's own
// rules take a tenth of the time of a small request.
type plainEndpoint struct {
	url    url.URL
	region string
}

func newPlainEndpoint(endpoint, region string) (*plainEndpoint, error) {
	u, err := url.Parse(endpoint)
	if err != nil {
		return nil, fmt.Errorf("has an endpoint that cannot be read: %w", err)
	}
	return &plainEndpoint{*u, region}, nil
}

// ResolveEndpoint implements s3.EndpointResolverV2.
func (p *plainEndpoint) ResolveEndpoint(_ context.Context, params s3.EndpointParameters) (smithyendpoints.Endpoint, error) {
	e := smithyendpoints.Endpoint{URI: p.url}
	bucket := aws.ToString(params.Bucket)
	e.URI.Path, e.URI.RawPath = "/"+bucket, "/"+url.PathEscape(bucket)
	var signing smithy.Properties
	smithyhttp.SetDisableDoubleEncoding(&signing, true)
	smithyhttp.SetSigV4SigningName(&signing, "s3")
	smithyhttp.SetSigV4SigningRegion(&signing, p.region)
	auth.SetAuthOptions(&e.Properties, []*auth.Option{{SchemeID: auth.SchemeIDSigV4, SignerProperties: signing}})
	return e, nil
}
