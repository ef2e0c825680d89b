package image

import (
	"errors"
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Nonroot is the user and group images run as when their Spec names none.
const Nonroot = "65532:65532"

// Spec says what an image is made of.
type Spec struct {
	// Ref is the image's full reference with a tag: shakedown.dev/shop:v1.
	Ref string
	// Binary is the file of a static Linux executable. It lies at the image's
	// root under its own base name.
	Binary string
	// Name is another name for the binary inside the image, if not "".
	Name string
	// Entrypoint is the command; the binary alone when empty.
	Entrypoint []string
	// Env are the environment variables of the command.
	Env map[string]string
	// Labels are the image's labels.
	Labels map[string]string
	// User is who runs the command: "uid:gid", Nonroot when "".
	User string
	// Created is the time that the image claims, the epoch when zero. The time
	// of packaging would make each image a new one.
	Created time.Time
}

// Validate reports all problems joined.
func (s Spec) Validate() error {
	var errs []error
	if _, err := parseTag(s.Ref); err != nil {
		errs = append(errs, err)
	}
	if s.Binary == "" {
		errs = append(errs, errors.New("image binary: no path given"))
	}
	if strings.ContainsAny(s.Name, "/\x00") || s.Name == "." || s.Name == ".." {
		errs = append(errs, fmt.Errorf("image binary name %q: must be a plain file name", s.Name))
	}
	for key := range s.Env {
		if key == "" || strings.ContainsAny(key, "=\x00") {
			errs = append(errs, fmt.Errorf("image environment variable %q: not a name", key))
		}
	}
	return errors.Join(errs...)
}

// parseTag refuses what the tools understand differently: references without
// registry or tag.
func parseTag(ref string) (name.Tag, error) {
	tag, err := name.NewTag(ref, name.StrictValidation)
	if err != nil {
		return name.Tag{}, fmt.Errorf("image reference %q: want REGISTRY/NAME:TAG: %w", ref, err)
	}
	return tag, nil
}

// inside is the binary's absolute path in the image.
func (s Spec) inside() string {
	if s.Name != "" {
		return path.Join("/", s.Name)
	}
	return path.Join("/", filepath.Base(s.Binary))
}

func (s Spec) config(arch string) *v1.ConfigFile {
	entrypoint, user := s.Entrypoint, s.User
	if len(entrypoint) == 0 {
		entrypoint = []string{s.inside()}
	}
	if user == "" {
		user = Nonroot
	}
	return &v1.ConfigFile{
		Architecture: arch,
		OS:           "linux",
		Created:      v1.Time{Time: s.created()},
		RootFS:       v1.RootFS{Type: "layers"},
		Config: v1.Config{
			Entrypoint: entrypoint,
			Env:        s.environment(),
			Labels:     s.Labels,
			User:       user,
			WorkingDir: "/",
		},
	}
}

func (s Spec) created() time.Time {
	if s.Created.IsZero() {
		return time.Unix(0, 0).UTC()
	}
	return s.Created.UTC()
}

func (s Spec) environment() []string {
	var env []string
	for _, key := range slices.Sorted(maps.Keys(s.Env)) {
		env = append(env, key+"="+s.Env[key])
	}
	return env
}
