package image

import (
	"context"
	"errors"
	"net/http"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/shakedown-dev/shakedown/events"
)

// Registry says how to reach a registry.
type Registry struct {
	// Username and Password log in; both empty means the credentials that
	// docker login left, or none.
	Username string
	Password string
	// Insecure allows plain HTTP where TLS is not offered. Registries on
	// loopback and private addresses are reached by HTTP in any case.
	Insecure bool
	// Transport is used for the requests; nil means the library's default.
	Transport http.RoundTripper
}

// Push uploads the image as ref and returns ref's repository with the digest:
// the reference that can only mean this image. Pushing what is already there
// uploads nothing.
// Errors: events.KindInvalid for a reference that is none, events.KindRefused
// when the registry refuses, events.KindUnavailable for any other failure.
func Push(ctx context.Context, i *Image, ref string, to Registry) (string, error) {
	dst, err := destination(ref, to)
	if err != nil {
		return "", err
	}
	options := []remote.Option{remote.WithContext(ctx), remote.WithUserAgent("shakedown"), to.login()}
	if to.Transport != nil {
		options = append(options, remote.WithTransport(to.Transport))
	}
	if err := remote.Write(dst, i.img, options...); err != nil {
		return "", explain(dst, err)
	}
	return dst.Context().Digest(i.Digest()).Name(), nil
}

func destination(ref string, to Registry) (name.Tag, error) {
	options := []name.Option{name.StrictValidation}
	if to.Insecure {
		options = append(options, name.Insecure)
	}
	tag, err := name.NewTag(ref, options...)
	if err != nil {
		return name.Tag{}, events.Errorf(events.KindInvalid, "give REGISTRY/NAME:TAG", "pushing to %q: not an image reference: %w", ref, err)
	}
	return tag, nil
}

func (r Registry) login() remote.Option {
	if r.Username == "" && r.Password == "" {
		return remote.WithAuthFromKeychain(authn.DefaultKeychain)
	}
	return remote.WithAuth(&authn.Basic{Username: r.Username, Password: r.Password})
}

func explain(dst name.Tag, err error) error {
	var refusal *transport.Error
	if errors.As(err, &refusal) && (refusal.StatusCode == http.StatusUnauthorized || refusal.StatusCode == http.StatusForbidden) {
		return events.Errorf(events.KindRefused, "docker login "+dst.RegistryStr(), "pushing image %s: %w", dst, err)
	}
	return events.Errorf(events.KindUnavailable, "is the registry up, and does it speak HTTPS?", "pushing image %s: %w", dst, err)
}
