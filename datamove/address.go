package datamove

import (
	"fmt"
	"net/url"
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

// Address takes the URL apart. Errors say what is wrong with it and never repeat
// a password.
func (e Endpoint) Address() (Address, error) {
	u, err := url.Parse(e.URL)
	if err != nil {
		return Address{}, fmt.Errorf("is not a URL such as mysql://user@host:3306/database")
	}
	if _, has := u.User.Password(); has {
		return Address{}, fmt.Errorf("holds a password; name an environment variable, a file or a Secret in credentials instead")
	}
	store, known := map[string]string{
		"mysql": StoreMySQL, "mariadb": StoreMySQL, "redis": StoreRedis, "rediss": StoreRedis, "s3": StoreS3,
	}[u.Scheme]
	if !known {
		return Address{}, fmt.Errorf("begins with %q, want mysql://, redis://, rediss:// or s3://", u.Scheme)
	}
	if u.Host == "" {
		return Address{}, fmt.Errorf("names no host")
	}
	a := Address{
		Store: store, User: u.User.Username(), Hosts: strings.Split(u.Host, ","),
		Path: strings.TrimPrefix(u.Path, "/"), Query: u.Query(),
	}
	a.TLS = u.Scheme == "rediss" || a.Query.Get("tls") == "true" || e.CA != ""
	a.addPorts()
	return a, nil
}

func (a *Address) addPorts() {
	port := map[string]string{StoreMySQL: "3306", StoreRedis: "6379"}[a.Store]
	for i, host := range a.Hosts {
		if port != "" && !strings.Contains(host[strings.LastIndexByte(host, ']')+1:], ":") {
			a.Hosts[i] = host + ":" + port
		}
	}
}
