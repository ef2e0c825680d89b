package datamove

import (
	"fmt"
	"slices"
	"strings"

	"github.com/shakedown-dev/shakedown/events"
)

// checker collects what is wrong with a document.
type checker struct{ events.Problems }

// Validate reports all that is wrong with the document, each with its key.
func (d *Document) Validate() events.Problems {
	c := checker{d.Check(Kind)}
	c.Check(len(d.Spec.Stores) > 0, "spec.stores", "is empty, want at least one")
	names := map[string]bool{}
	for i, s := range d.For("environment").Spec.Stores {
		key := fmt.Sprintf("spec.stores[%d]", i)
		c.CheckDNSLabel(key+".name", s.Name)
		c.Check(!names[s.Name], key+".name", "%q is there for the second time", s.Name)
		names[s.Name] = true
		c.store(key, s)
	}
	if d.Spec.Environment != "" {
		c.CheckDNSLabel("spec.environment", d.Spec.Environment)
	}
	c.masking("spec.masking", d.Spec.Masking)
	return c.Problems
}

func (c *checker) store(key string, s Store) {
	from := c.endpoint(key+".from", s.From)
	to := c.endpoint(key+".to", s.To)
	if from != "" && to != "" && from != to {
		c.Add(key+".to.url", "is a %s store and from is a %s store, want two of one kind", to, from)
	}
	c.oneOf(key+".existing", string(s.Existing), "", "fail", "replace", "merge")
	c.oneOf(key+".mysql.snapshot", s.MySQL.Snapshot, "", "auto", "single", "proof", "lock")
	c.oneOf(key+".redis.mode", s.Redis.Mode, "", "auto", "scan", "replicaof")
	for name, value := range map[string]int64{
		"throttle.bytesPerSecond": s.Throttle.BytesPerSecond, "throttle.maxThreadsRunning": int64(s.Throttle.MaxThreadsRunning),
		"throttle.maxLatency": int64(s.Throttle.MaxLatency), "mysql.loaders": int64(s.MySQL.Loaders),
		"mysql.subset.limit": s.MySQL.Subset.Limit, "redis.bigKey": s.Redis.BigKey,
		"s3.maxDelete": int64(s.S3.MaxDelete), "s3.concurrency": int64(s.S3.Concurrency),
	} {
		if value < 0 {
			c.Add(key+"."+name, "is %d, want 0 or more", value)
		}
	}
	if s.MySQL.Subset.Table == "" && (s.MySQL.Subset.Where != "" || s.MySQL.Subset.Limit > 0) {
		c.Add(key+".mysql.subset.table", "is missing: where and limit are about the root rows of a table")
	}
	c.foreign(key, s, from)
}

// foreign refuses settings of another kind of store, which would do nothing.
func (c *checker) foreign(key string, s Store, store string) {
	if store == "" {
		return
	}
	for _, of := range []struct {
		store, name string
		set         bool
	}{
		{StoreMySQL, "mysql", s.MySQL != MySQL{}},
		{StoreRedis, "redis", s.Redis.Mode != "" || s.Redis.Databases != nil || s.Redis.Disposable || s.Redis.BigKey != 0},
		{StoreS3, "s3", s.S3 != S3{}},
		{StoreMySQL, "throttle.maxThreadsRunning", s.Throttle.MaxThreadsRunning != 0},
		{StoreRedis, "throttle.maxLatency", s.Throttle.MaxLatency != 0},
	} {
		if of.set && of.store != store {
			c.Add(key+"."+of.name, "is for %s stores, and this is a %s store", of.store, store)
		}
	}
}

func (c *checker) endpoint(key string, e Endpoint) (store string) {
	c.credentials(key+".credentials", e.Credentials)
	if e.URL == "" {
		c.Add(key+".url", "is missing")
		return ""
	}
	a, err := e.Address()
	if err != nil {
		c.Add(key+".url", "%v", err)
		return ""
	}
	return a.Store
}

func (c *checker) credentials(key string, from Credentials) {
	set := 0
	for _, is := range []bool{from.Env != "", from.File != "", from.Secret != nil} {
		if is {
			set++
		}
	}
	if set > 1 {
		c.Add(key, "names %d places, want one of env, file and secret", set)
	}
	if s := from.Secret; s != nil && (s.Namespace == "" || s.Name == "" || s.Key == "") {
		c.Add(key+".secret", "wants namespace, name and key")
	} else if s != nil {
		for name, part := range map[string]string{"namespace": s.Namespace, "name": s.Name, "key": s.Key} {
			c.Check(isSecretPart(part), key+".secret."+name, "is %q, which cannot be one: want letters, digits, dots, dashes and underscores", part)
		}
	}
}

// isSecretPart says whether a text may stand in the address of a Secret.
func isSecretPart(text string) bool {
	text = strings.ReplaceAll(text, environmentWord, "environment")
	odd := func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune(".-_", r)
	}
	return text != "." && text != ".." && !strings.ContainsFunc(text, odd)
}

func (c *checker) masking(key string, m Masking) {
	c.credentials(key+".key", m.Key)
	if len(m.Rules) > 0 && m.Key == (Credentials{}) && slices.ContainsFunc(m.Rules, func(r Rule) bool { return r.As != "keep" }) {
		c.Add(key+".key", "is missing: rules need a key to mask with")
	}
	for i, r := range m.Rules {
		at := fmt.Sprintf("%s.rules[%d]", key, i)
		set := 0
		for _, glob := range []string{r.Column, r.Key, r.Object} {
			if glob != "" {
				set++
			}
		}
		if set != 1 {
			c.Add(at, "names %d of column, key and object, want one", set)
		}
		c.oneOf(at+".as", r.As, RuleWords()...)
		if r.Field != "" && r.Key == "" {
			c.Add(at+".field", "is for Redis keys only")
		}
		if r.Path != "" && !strings.HasPrefix(r.Path, "$") {
			c.Add(at+".path", "is %q, want a path that begins with $", r.Path)
		}
	}
}

// RuleWords are the words that a rule's As may be.
func RuleWords() []string {
	return []string{"email", "name", "phone", "iban", "card", "ip", "text", "digits", "uuid", "date", "null", "keep"}
}

func (c *checker) oneOf(key, value string, known ...string) {
	if !slices.Contains(known, value) {
		c.Add(key, "is %q, want one of %s", value, strings.Trim(strings.Join(known, ", "), ", "))
	}
}
