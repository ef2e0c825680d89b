package s3

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/shakedown-dev/shakedown/datamove"
)

// location is where objects are, by the URL of an endpoint.
type location struct {
	bucket string
	// prefix is empty or ends with a slash.
	prefix string
	// endpoint is empty for AWS.
	endpoint string
	region   string
	// virtual names the bucket in the host instead of the path, styled says that the
	// URL asks for that.
	virtual, styled bool
}

const defaultRegion = "us-east-1"

// locate reads s3://bucket/prefix?endpoint=...&region=...&style=virtual. The prefix
// is a folder: a slash is added where it ends without one.
func locate(e datamove.Endpoint) (location, error) {
	a, err := e.Address()
	if err != nil {
		return location{}, err
	}
	if a.Store != datamove.StoreS3 || len(a.Hosts) != 1 {
		return location{}, fmt.Errorf("is not an s3:// URL with one bucket")
	}
	l := location{bucket: a.Hosts[0], prefix: a.Path, region: a.Query.Get("region")}
	if l.prefix != "" && !strings.HasSuffix(l.prefix, "/") {
		l.prefix += "/"
	}
	if l.endpoint, err = endpointURL(a.Query.Get("endpoint")); err != nil {
		return location{}, err
	}
	if err := knownParameters(a.Query); err != nil {
		return location{}, err
	}
	l.styled = a.Query.Get("style") == "virtual"
	l.virtual = l.styled || l.endpoint == ""
	return l, nil
}

// endpointURL is the endpoint without a path.
func endpointURL(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil {
		return "", fmt.Errorf("has an endpoint that is not a URL such as https://s3.example.com")
	}
	return strings.ToLower(u.Scheme + "://" + u.Host), nil
}

func knownParameters(q url.Values) error {
	for name := range q {
		switch name {
		case "endpoint", "region", "tls":
		case "style":
			if v := q.Get(name); v != "path" && v != "virtual" {
				return fmt.Errorf("has the style %q, want path or virtual", v)
			}
		default:
			return fmt.Errorf("has the unknown parameter %q, want endpoint, region or style", name)
		}
	}
	return nil
}

// overlaps says whether two locations of one bucket share keys.
func (l location) overlaps(other location) bool {
	return strings.HasPrefix(l.prefix, other.prefix) || strings.HasPrefix(other.prefix, l.prefix)
}

// sameServer says whether both are the same endpoint by name.
func (l location) sameServer(other location) bool { return l.endpoint == other.endpoint }
