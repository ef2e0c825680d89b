package datamove

import (
	"fmt"
	"slices"
	"strings"

	"github.com/shakedown-dev/shakedown/events"
)

// problems collects what is wrong with a document.
type problems struct{ all events.Problems }

func (p *problems) add(key, format string, args ...any) {
	p.all = append(p.all, events.Problem{Key: key, Message: fmt.Sprintf(format, args...)})
}

// Validate reports all that is wrong with the document, each with its key.
func (d *Document) Validate() events.Problems {
	var p problems
	if d.APIVersion != APIVersion {
		p.add("apiVersion", "is %q, want %s", d.APIVersion, APIVersion)
	}
	if d.Kind != Kind {
		p.add("kind", "is %q, want %s", d.Kind, Kind)
	}
	p.label("metadata.name", d.Metadata.Name)
	if len(d.Spec.Stores) == 0 {
		p.add("spec.stores", "is empty, want at least one")
	}
	names := map[string]bool{}
	for i, s := range d.For("environment").Spec.Stores {
		key := fmt.Sprintf("spec.stores[%d]", i)
		if p.label(key+".name", s.Name); names[s.Name] {
			p.add(key+".name", "%q is there for the second time", s.Name)
		}
		names[s.Name] = true
		p.store(key, s)
	}
	if d.Spec.Environment != "" {
		p.label("spec.environment", d.Spec.Environment)
	}
	p.masking("spec.masking", d.Spec.Masking)
	return p.all
}

// label checks a DNS label, since names become folders, subjects and file names.
func (p *problems) label(key, name string) {
	if !isLabel(name) {
		p.add(key, "%q is not a DNS label: want 1 to 63 of a-z, 0-9 and -, not first or last", name)
	}
}

func isLabel(name string) bool {
	outside := func(r rune) bool { return r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') }
	return name != "" && len(name) <= 63 && !strings.ContainsFunc(name, outside) &&
		!strings.HasPrefix(name, "-") && !strings.HasSuffix(name, "-")
}

func (p *problems) store(key string, s Store) {
	from := p.endpoint(key+".from", s.From)
	to := p.endpoint(key+".to", s.To)
	if from != "" && to != "" && from != to {
		p.add(key+".to.url", "is a %s store and from is a %s store, want two of one kind", to, from)
	}
	p.oneOf(key+".existing", string(s.Existing), "", "fail", "replace", "merge")
	p.oneOf(key+".mysql.snapshot", s.MySQL.Snapshot, "", "auto", "single", "proof", "lock")
	p.oneOf(key+".redis.mode", s.Redis.Mode, "", "auto", "scan", "replicaof")
	for name, value := range map[string]int64{
		"throttle.bytesPerSecond": s.Throttle.BytesPerSecond, "throttle.maxThreadsRunning": int64(s.Throttle.MaxThreadsRunning),
		"throttle.maxLatency": int64(s.Throttle.MaxLatency), "mysql.loaders": int64(s.MySQL.Loaders),
		"mysql.subset.limit": s.MySQL.Subset.Limit, "redis.bigKey": s.Redis.BigKey,
		"s3.maxDelete": int64(s.S3.MaxDelete), "s3.concurrency": int64(s.S3.Concurrency),
	} {
		if value < 0 {
			p.add(key+"."+name, "is %d, want 0 or more", value)
		}
	}
	if s.MySQL.Subset.Table == "" && (s.MySQL.Subset.Where != "" || s.MySQL.Subset.Limit > 0) {
		p.add(key+".mysql.subset.table", "is missing: where and limit are about the root rows of a table")
	}
	p.strangers(key, s, from)
}

// strangers refuses settings of another kind of store, which would do nothing.
func (p *problems) strangers(key string, s Store, store string) {
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
			p.add(key+"."+of.name, "is for %s stores, and this is a %s store", of.store, store)
		}
	}
}

func (p *problems) endpoint(key string, e Endpoint) (store string) {
	p.credentials(key+".credentials", e.Credentials)
	if e.URL == "" {
		p.add(key+".url", "is missing")
		return ""
	}
	a, err := e.Address()
	if err != nil {
		p.add(key+".url", "%v", err)
		return ""
	}
	return a.Store
}

func (p *problems) credentials(key string, c Credentials) {
	set := 0
	for _, is := range []bool{c.Env != "", c.File != "", c.Secret != nil} {
		if is {
			set++
		}
	}
	if set > 1 {
		p.add(key, "names %d places, want one of env, file and secret", set)
	}
	if s := c.Secret; s != nil && (s.Namespace == "" || s.Name == "" || s.Key == "") {
		p.add(key+".secret", "wants namespace, name and key")
	}
}

func (p *problems) masking(key string, m Masking) {
	p.credentials(key+".key", m.Key)
	if len(m.Rules) > 0 && m.Key == (Credentials{}) && slices.ContainsFunc(m.Rules, func(r Rule) bool { return r.As != "keep" }) {
		p.add(key+".key", "is missing: rules need a key to mask with")
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
			p.add(at, "names %d of column, key and object, want one", set)
		}
		p.oneOf(at+".as", r.As, RuleWords()...)
		if r.Field != "" && r.Key == "" {
			p.add(at+".field", "is for Redis keys only")
		}
		if r.Path != "" && !strings.HasPrefix(r.Path, "$") {
			p.add(at+".path", "is %q, want a path that begins with $", r.Path)
		}
	}
}

// RuleWords are the words that a rule's As may be.
func RuleWords() []string {
	return []string{"email", "name", "phone", "iban", "card", "ip", "text", "digits", "uuid", "date", "null", "keep"}
}

func (p *problems) oneOf(key, value string, known ...string) {
	if !slices.Contains(known, value) {
		p.add(key, "is %q, want one of %s", value, strings.Trim(strings.Join(known, ", "), ", "))
	}
}
