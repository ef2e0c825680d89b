package image

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// Image is a packaged image under its reference.
type Image struct {
	tag    name.Tag
	img    v1.Image
	digest v1.Hash
}

// Ref is the image's reference, as a pod names it.
func (i *Image) Ref() string { return i.tag.Name() }

// Digest is the image's identity: sha256:... of its manifest.
func (i *Image) Digest() string { return i.digest.String() }

// Package makes an image of one binary.
// Errors: events.KindInvalid for a binary that could not run in it.
func Package(s Spec) (*Image, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	arch, err := architecture(s.Binary)
	if err != nil {
		return nil, err
	}
	layer, err := s.layer()
	if err != nil {
		return nil, fmt.Errorf("packaging %s: %w", s.Binary, err)
	}
	img, err := mutate.ConfigFile(empty.Image, s.config(arch))
	if err != nil {
		return nil, fmt.Errorf("configuring image %s: %w", s.Ref, err)
	}
	img, err = mutate.Append(img, mutate.Addendum{Layer: layer, History: v1.History{
		Created: v1.Time{Time: s.created()}, CreatedBy: "shakedown", Comment: s.inside(),
	}})
	if err != nil {
		return nil, fmt.Errorf("adding the layer to image %s: %w", s.Ref, err)
	}
	return named(s.Ref, img)
}

func named(ref string, img v1.Image) (*Image, error) {
	tag, err := parseTag(ref)
	if err != nil {
		return nil, err
	}
	digest, err := img.Digest()
	if err != nil {
		return nil, fmt.Errorf("digest of image %s: %w", ref, err)
	}
	return &Image{tag: tag, img: img, digest: digest}, nil
}

// layer holds the binary and nothing else.
func (s Spec) layer() (v1.Layer, error) {
	binary, err := os.ReadFile(s.Binary)
	if err != nil {
		return nil, err
	}
	var content bytes.Buffer
	w := tar.NewWriter(&content)
	header := &tar.Header{
		Typeflag: tar.TypeReg,
		Name:     strings.TrimPrefix(s.inside(), "/"),
		Mode:     0o555,
		Size:     int64(len(binary)),
		ModTime:  s.created(),
		Format:   tar.FormatPAX,
	}
	if err := w.WriteHeader(header); err != nil {
		return nil, err
	}
	if _, err := w.Write(binary); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	open := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(content.Bytes())), nil }
	return tarball.LayerFromOpener(open, tarball.WithCompressedCaching)
}
