package datamove

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// place is where a store is: without user and query, but for the endpoint of S3. As a
// glob of a Policy each part of it is a glob.
type place struct {
	store string
	hosts []spot
	path  string
	// scheme and server are those of ?endpoint=, empty for Amazon's own.
	scheme string
	server spot
}

// spot is a host or a bucket with its port, "" for the usual one or none. Hosts are in
// lower case.
type spot struct{ name, port string }

// stores are the kinds by the scheme of a URL.
func stores(scheme string) string {
	return map[string]string{
		"mysql": StoreMySQL, "mariadb": StoreMySQL, "redis": StoreRedis, "rediss": StoreRedis, "s3": StoreS3,
	}[strings.ToLower(scheme)]
}

// usualPort is that of the scheme or kind of store, "" for none.
func usualPort(scheme string) string {
	return map[string]string{StoreMySQL: "3306", StoreRedis: "6379", "http": "80", "https": "443"}[scheme]
}

// at is the place of an address. Endpoint is what the adapter has found to be behind a
// bucket, "" for what the URL says.
func (a Address) at(endpoint string) place {
	p := place{store: a.Store, path: a.Path}
	for _, h := range a.Hosts {
		p.hosts = append(p.hosts, readSpot(h))
	}
	if endpoint = cmp.Or(endpoint, a.Query.Get("endpoint")); endpoint != "" && a.Store == StoreS3 {
		p.scheme, p.server, _ = readServer(endpoint) // one that cannot be read fits nothing
	}
	return p
}

// cutLast is strings.Cut at the last of the separators.
func cutLast(s, separator string) (before, after string, found bool) {
	if i := strings.LastIndex(s, separator); i >= 0 {
		return s[:i], s[i+len(separator):], true
	}
	return s, "", false
}

// readPlace takes a glob of places apart.
func readPlace(glob string) (place, error) {
	scheme, rest, _ := strings.Cut(glob, "://")
	p := place{store: stores(scheme)}
	if p.store == "" || rest == "" {
		return p, errors.New("is no glob of a URL such as mysql://10.0.*:3306/shop_*")
	}
	rest, endpoint, asked := cutLast(rest, "?endpoint=")
	hosts, path, found := strings.Cut(rest, "/")
	switch {
	case !found:
		return p, errors.New("names nothing after the host, want a database, number or prefix, or /* for all of them")
	case strings.Contains(hosts, "@"):
		return p, errors.New("names a user, want the URL without one")
	}
	p.path = path
	for h := range strings.SplitSeq(hosts, ",") {
		p.hosts = append(p.hosts, readSpot(h))
	}
	var err error
	if asked {
		p.scheme, p.server, err = readServer(endpoint)
	}
	return p, err
}

// readServer takes the endpoint of S3 apart.
func readServer(text string) (scheme string, server spot, err error) {
	scheme, host, found := strings.Cut(text, "://")
	if host = strings.TrimSuffix(host, "/"); !found || scheme == "" || host == "" || strings.ContainsAny(host, "/&@") {
		return "none", spot{}, errors.New("has an endpoint that is not a URL such as https://s3.example.com")
	}
	return strings.ToLower(scheme), readSpot(host), nil
}

// readSpot parts a host from its port.
func readSpot(text string) spot {
	text = strings.ToLower(text)
	if i := strings.LastIndexByte(text, ':'); i > strings.LastIndexByte(text, ']') {
		return spot{text[:i], text[i+1:]}
	}
	return spot{name: text}
}

// fits says whether a place is one that the glob means. Every part is matched alone: a
// star in a host takes no port, no other host and no path. A glob without an endpoint
// means Amazon's own.
func (p place) fits(is place) bool {
	for _, h := range is.hosts {
		if !slices.ContainsFunc(p.hosts, func(glob spot) bool { return glob.fits(h, usualPort(is.store)) }) {
			return false
		}
	}
	return p.store == is.store && Fits(p.path, is.path) && Fits(p.scheme, is.scheme) && p.server.fits(is.server, usualPort(is.scheme))
}

func (s spot) fits(is spot, usual string) bool {
	return Fits(s.name, is.name) && Fits(cmp.Or(s.port, usual), cmp.Or(is.port, usual))
}

// names are what a person would know a production server by.
func (p place) names() []string {
	names := []string{p.path}
	for _, s := range append(slices.Clip(p.hosts), p.server) {
		names = append(names, s.name)
		if s.port != "" {
			names = append(names, s.String())
		}
	}
	return slices.DeleteFunc(names, func(n string) bool { return n == "" })
}

// String is the URL, as messages have it.
func (p place) String() string {
	text := p.text(true)
	if p.scheme != "" {
		text += fmt.Sprintf("?endpoint=%s://%s", p.scheme, p.server)
	}
	return text
}

// text is the URL without an endpoint.
func (p place) text(ports bool) string {
	var hosts []string
	for _, h := range p.hosts {
		if !ports {
			h.port = ""
		}
		hosts = append(hosts, h.String())
	}
	return p.store + "://" + strings.Join(hosts, ",") + "/" + p.path
}

// String is host:port.
func (s spot) String() string {
	if s.port == "" {
		return s.name
	}
	return s.name + ":" + s.port
}
