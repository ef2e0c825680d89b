package image

import (
	"archive/tar"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// Annotations by which an OCI layout names its images.
const (
	annotationName = "io.containerd.image.name"
	annotationTag  = "org.opencontainers.image.ref.name"
)

// Save writes the tarball of images to path, whole or not at all.
func Save(path string, images ...*Image) (err error) {
	tmp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return fmt.Errorf("saving images to %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			_ = tmp.Close()
			_ = os.Remove(tmp.Name())
		}
	}()
	if err := Write(tmp, images...); err != nil {
		return fmt.Errorf("saving images to %s: %w", path, err)
	}
	if err := tmp.Chmod(0o644); err != nil {
		return fmt.Errorf("saving images to %s: %w", path, err)
	}
	if err := tmp.Close(); err != nil {
		return fmt.Errorf("saving images to %s: %w", path, err)
	}
	if err := os.Rename(tmp.Name(), path); err != nil {
		return fmt.Errorf("saving images to %s: %w", path, err)
	}
	return nil
}

// Write writes images as one tarball, in an order that depends on nothing but
// the images. Layers that several images share are written once.
func Write(w io.Writer, images ...*Image) error {
	images = slices.SortedFunc(slices.Values(images), func(a, b *Image) int { return cmp.Compare(a.Ref(), b.Ref()) })
	a := &archive{tar: tar.NewWriter(w), written: map[v1.Hash]bool{}}
	index := v1.IndexManifest{SchemaVersion: 2, MediaType: types.OCIImageIndex}
	var manifest tarball.Manifest
	for _, i := range images {
		desc, entry, err := a.image(i)
		if err != nil {
			return fmt.Errorf("writing image %s: %w", i.Ref(), err)
		}
		index.Manifests = append(index.Manifests, desc)
		manifest = append(manifest, entry)
	}
	files := []struct {
		name    string
		content any
	}{
		{"index.json", index},
		{"manifest.json", manifest},
		{"oci-layout", map[string]string{"imageLayoutVersion": "1.0.0"}},
	}
	for _, f := range files {
		if err := a.json(f.name, f.content); err != nil {
			return fmt.Errorf("writing %s: %w", f.name, err)
		}
	}
	return a.tar.Close()
}

// archive writes an OCI layout; docker's manifest.json points into it.
type archive struct {
	tar     *tar.Writer
	written map[v1.Hash]bool
}

func (a *archive) image(i *Image) (v1.Descriptor, tarball.Descriptor, error) {
	var desc v1.Descriptor
	entry := tarball.Descriptor{RepoTags: []string{i.Ref()}}
	layers, err := i.img.Layers()
	if err != nil {
		return desc, entry, err
	}
	for _, l := range layers {
		digest, err := a.layer(l)
		if err != nil {
			return desc, entry, err
		}
		entry.Layers = append(entry.Layers, blob(digest))
	}
	config, err := i.img.RawConfigFile()
	if err != nil {
		return desc, entry, err
	}
	manifest, err := i.img.Manifest()
	if err != nil {
		return desc, entry, err
	}
	raw, err := i.img.RawManifest()
	if err != nil {
		return desc, entry, err
	}
	if err := a.blob(manifest.Config.Digest, config); err != nil {
		return desc, entry, err
	}
	if err := a.blob(i.digest, raw); err != nil {
		return desc, entry, err
	}
	entry.Config = blob(manifest.Config.Digest)
	desc = v1.Descriptor{
		MediaType: manifest.MediaType, Size: int64(len(raw)), Digest: i.digest,
		Annotations: map[string]string{annotationName: i.Ref(), annotationTag: i.tag.TagStr()},
	}
	return desc, entry, nil
}

func (a *archive) layer(l v1.Layer) (v1.Hash, error) {
	digest, err := l.Digest()
	if err != nil || a.written[digest] {
		return digest, err
	}
	r, err := l.Compressed()
	if err != nil {
		return digest, err
	}
	defer func() { _ = r.Close() }()
	content, err := io.ReadAll(r)
	if err != nil {
		return digest, err
	}
	return digest, a.blob(digest, content)
}

func (a *archive) blob(digest v1.Hash, content []byte) error {
	if a.written[digest] {
		return nil
	}
	a.written[digest] = true
	return a.file(blob(digest), content)
}

func (a *archive) json(name string, v any) error {
	content, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return a.file(name, content)
}

func (a *archive) file(name string, content []byte) error {
	header := &tar.Header{
		Typeflag: tar.TypeReg, Name: name, Mode: 0o644, Size: int64(len(content)),
		ModTime: time.Unix(0, 0).UTC(), Format: tar.FormatUSTAR,
	}
	if err := a.tar.WriteHeader(header); err != nil {
		return err
	}
	_, err := a.tar.Write(content)
	return err
}

// blob is a blob's path in the layout.
func blob(digest v1.Hash) string { return "blobs/" + digest.Algorithm + "/" + digest.Hex }

// Open reads the image called ref from a tarball. The tarball must stay in
// place while the image is used.
func Open(path, ref string) (*Image, error) {
	tag, err := parseTag(ref)
	if err != nil {
		return nil, err
	}
	img, err := tarball.ImageFromPath(path, &tag)
	if err != nil {
		return nil, fmt.Errorf("reading image %s from %s: %w", ref, path, err)
	}
	return named(ref, img)
}
