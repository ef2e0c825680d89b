package events

import (
	"regexp"
	"strings"
	"unicode"
)

// Bounds of an image reference, in characters.
const (
	maxImageName = 255
	maxImageTag  = 128
)

// CheckImage adds a problem unless ref is an image reference as the container runtimes
// of Kubernetes read it: [host[:port]/]path[:tag][@digest].
//
// Source: https://github.com/distribution/reference/blob/v0.6.0/reference.go
func (p *Problems) CheckImage(key, ref string) {
	scheme, _, isAddress := strings.Cut(ref, "://")
	switch {
	case ref == "":
		p.Add(key, "is missing")
	case strings.ContainsFunc(ref, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }):
		p.Add(key, "%q contains white space or control characters", ref)
	case isAddress:
		p.Add(key, "%q is an address: leave out %s://", ref, scheme)
	case matches(`[0-9a-f]{64}`, ref):
		p.Add(key, "%q is a digest without a name", ref)
	default:
		p.checkImageParts(key, ref)
	}
}

func (p *Problems) checkImageParts(key, ref string) {
	ref, digest, hasDigest := strings.Cut(ref, "@")
	p.Check(!hasDigest || isImageDigest(digest), key, "has the digest %q, want sha256: and 64 of 0-9 and a-f", digest)
	slash := strings.LastIndexByte(ref, '/')
	path, tag, hasTag := strings.Cut(ref[slash+1:], ":")
	name := ref[:slash+1] + path
	switch {
	case !hasTag || matches(`\w[\w.-]{0,127}`, tag):
	case tag == "":
		p.Add(key, "has an empty tag: %q", ref)
	case strings.Contains(tag, ":"):
		p.Add(key, "has two tags: %q", ref)
	case len(tag) > maxImageTag:
		p.Add(key, "has a tag of %d characters, at most %d fit", len(tag), maxImageTag)
	default:
		p.Add(key, "has the tag %q, want A-Z, a-z, 0-9, '_', '.' and '-', and none of the last two at its beginning", tag)
	}
	p.checkImageName(key, name)
}

// checkImageName checks what stands before tag and digest: a path, perhaps with the host
// of a registry before it.
func (p *Problems) checkImageName(key, name string) {
	const part = `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`
	const label = `[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?`
	host, path, found := strings.Cut(name, "/")
	if !found || host != "localhost" && !strings.ContainsAny(host, ".:") {
		host, path = "", name
	}
	switch {
	case len(name) > maxImageName:
		p.Add(key, "is %d characters long before the tag, at most %d fit", len(name), maxImageName)
	case host != "" && !matches(`(`+label+`(\.`+label+`)*|\[[0-9a-fA-F:]+\])(:[0-9]+)?`, host):
		p.Add(key, "%q is no host of a registry", host)
	case matches(part+`(/`+part+`)*`, path):
	case matches(part+`(/`+part+`)*`, strings.ToLower(path)):
		p.Add(key, "must be lower case before the tag: %q", path)
	default:
		p.Add(key, "%q is no name of an image: want a-z and 0-9, with '.', '_', '-' and '/' between them", name)
	}
}

func isImageDigest(digest string) bool {
	return matches(`sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128}`, digest)
}

// matches says whether the whole text is as the pattern says.
func matches(pattern, text string) bool {
	return regexp.MustCompile(`^(` + pattern + `)$`).MatchString(text)
}
