package datamove

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// The kinds of stores.
const (
	StoreMySQL = "mysql"
	StoreRedis = "redis"
	StoreS3    = "s3"
)

// Address is the URL of an endpoint, taken apart.
type Address struct {
	// Store is one of the kinds; TLS is set for rediss:// and ?tls=true.
	Store string
	TLS   bool
	User  string
	// Hosts are host:port; for S3 there is one, the bucket.
	Hosts []string
	// Path is what follows the host, without the leading slash: database, number, prefix.
	Path  string
	Query url.Values
}

// The errors of an address that have nothing to add.
var (
	errNoURL    = errors.New("is not a URL such as mysql://user@host:3306/database")
	errPassword = errors.New("holds a password; name an environment variable, a file or a Secret in credentials instead")
	errNoHost   = errors.New("names no host")
)

// Address takes the URL apart. Errors say what is wrong with it and never repeat
// a password.
func (e Endpoint) Address() (Address, error) {
	first, others := cutHosts(e.URL)
	u, err := url.Parse(first)
	if err != nil {
		return Address{}, errNoURL
	}
	if _, has := u.User.Password(); has {
		return Address{}, errPassword
	}
	store := stores(u.Scheme)
	if store == "" {
		return Address{}, fmt.Errorf("begins with %q, want mysql://, redis://, rediss:// or s3://", u.Scheme)
	}
	if u.Host == "" {
		return Address{}, errNoHost
	}
	if u.Fragment != "" {
		return Address{}, errors.New("has a #; write it as %23")
	}
	query, err := safeQuery(u.RawQuery)
	if err != nil {
		return Address{}, err
	}
	a := Address{
		Store: store, User: u.User.Username(), Hosts: append([]string{u.Host}, others...),
		Path: strings.TrimPrefix(u.Path, "/"), Query: query,
	}
	a.TLS = u.Scheme == "rediss" || a.Query.Get("tls") == "true" || e.CA != ""
	return a, a.checkHosts()
}

// cutHosts leaves the first host of several in a URL, because net/url knows of one only.
func cutHosts(raw string) (first string, others []string) {
	scheme, rest, ok := strings.Cut(raw, "://")
	if !ok {
		return raw, nil
	}
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	begin := strings.LastIndexByte(rest[:end], '@') + 1
	hosts := strings.Split(rest[begin:end], ",")
	return scheme + "://" + rest[:begin] + hosts[0] + rest[end:], hosts[1:]
}

// safeQuery refuses what cannot be read and secrets, which belong into credentials.
func safeQuery(raw string) (url.Values, error) {
	query, err := url.ParseQuery(raw)
	if err != nil {
		return nil, errors.New("has a query that cannot be read, want ?name=value&name=value")
	}
	for name, values := range query {
		if n := strings.ToLower(name); strings.Contains(n, "pass") || n == "pwd" || strings.Contains(n, "secret") || strings.Contains(n, "token") {
			return nil, errPassword
		}
		if slices.ContainsFunc(values, hasPassword) {
			return nil, errPassword
		}
	}
	return query, nil
}

// hasPassword says whether a value is a URL with a password.
func hasPassword(value string) bool {
	u, err := url.Parse(value)
	if err != nil {
		return false
	}
	_, has := u.User.Password()
	return has
}

// checkHosts checks every host and adds the ports that are not given.
func (a *Address) checkHosts() error {
	if len(a.Hosts) > 1 && a.Store != StoreRedis {
		return errors.New("names several hosts, which only Redis may have")
	}
	for i, host := range a.Hosts {
		if host == "" {
			return errNoHost
		}
		u, err := url.Parse("x://" + host)
		if err != nil || u.Host != host || host[0] != '[' && strings.Contains(u.Hostname(), ":") {
			return errors.New("has a host that cannot be read, want host:port")
		}
		if u.Hostname() == "" {
			return errNoHost
		}
		port, err := a.port(u.Port())
		if err != nil {
			return err
		}
		if a.Hosts[i] = strings.TrimSuffix(host, ":"); port != "" {
			a.Hosts[i] = strings.TrimSuffix(strings.TrimSuffix(host, u.Port()), ":") + ":" + port
		}
	}
	return nil
}

// port is the given one or the usual one of the store.
func (a *Address) port(given string) (string, error) {
	if a.Store == StoreS3 {
		if given != "" {
			return "", errors.New("has a port at the bucket; name the server in ?endpoint=")
		}
		return "", nil
	}
	if given == "" {
		return usualPort(a.Store), nil
	}
	if n, err := strconv.Atoi(given); err != nil || n < 1 || n > 65535 {
		return "", errors.New("has a port that is none, want 1 to 65535")
	}
	return given, nil
}
