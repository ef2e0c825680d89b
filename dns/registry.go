package dns

import (
	"fmt"
	"slices"
	"strings"

	"github.com/shakedown-dev/shakedown/dns/name"
)

// typeWord stands for the type of a record in a prefix or a suffix.
const typeWord = "%{record_type}"

// Registry says under which names TXT records tell who owns a record. The format is that
// of external-dns' TXT registry, whose settings --txt-prefix, --txt-suffix and
// --txt-wildcard-replacement these are: the owner of "www.example" of type A stands under
// "a-www.example", and no tool changes what another one owns.
type Registry struct {
	Prefix   string `json:"prefix,omitempty" jsonschema:"description=as external-dns' --txt-prefix; may hold %{record_type}; ends in a dot where records of the apex are wanted"`
	Suffix   string `json:"suffix,omitempty" jsonschema:"description=as external-dns' --txt-suffix; may hold %{record_type}"`
	Wildcard string `json:"wildcard,omitempty" jsonschema:"description=stands for * in the names of TXT records; as external-dns' --txt-wildcard-replacement"`
}

// typed says whether the type stands where a prefix or a suffix says.
func (r Registry) typed() bool {
	return strings.Contains(r.Prefix, typeWord) || strings.Contains(r.Suffix, typeWord)
}

// affixes are prefix and suffix for a type.
func (r Registry) affixes(t Type) (prefix, suffix string) {
	word := strings.ToLower(string(t))
	prefix, suffix = strings.ReplaceAll(r.Prefix, typeWord, word), strings.ReplaceAll(r.Suffix, typeWord, word)
	if !r.typed() && t != "" {
		prefix += word + "-"
	}
	return prefix, suffix
}

// TXTName is where the owner of a record stands.
func (r Registry) TXTName(n name.Name, t Type) name.Name {
	first, rest := n.Cut()
	if first == "*" {
		first = r.wildcard()
	}
	prefix, suffix := r.affixes(t)
	txt := name.Name(prefix + first + suffix)
	if rest != "" {
		txt += "." + rest
	}
	return txt
}

// wildcard is "*" in the name of a TXT record.
func (r Registry) wildcard() string {
	if r.Wildcard != "" {
		return r.Wildcard
	}
	return `\052`
}

// owned is the record whose owner stands under a name, as external-dns finds it: without
// a type for names that older versions wrote.
func (r Registry) owned(txt name.Name) (n name.Name, t Type, ok bool) {
	for _, t := range append(Types(), "PTR", "NAPTR", "DNAME") {
		if n, ok := r.without(txt, t); ok {
			return n, t, true
		}
	}
	bare := Registry{strings.ReplaceAll(r.Prefix, typeWord, ""), strings.ReplaceAll(r.Suffix, typeWord, ""), r.Wildcard}
	n, ok = bare.without(txt, "")
	return n, "", ok
}

// without takes prefix and suffix for a type off a name.
func (r Registry) without(txt name.Name, t Type) (name.Name, bool) {
	prefix, suffix := r.affixes(t)
	if suffix == "" {
		rest, ok := strings.CutPrefix(string(txt), prefix)
		return r.star(rest), ok && rest != "" && rest[0] != '.'
	}
	dots := strings.Count(suffix, ".")
	labels := strings.SplitN(string(txt), ".", 2+dots)
	if len(labels) < 2+dots {
		return "", false
	}
	head, ok := strings.CutSuffix(strings.Join(labels[:1+dots], "."), suffix)
	head, prefixed := strings.CutPrefix(head, prefix)
	return r.star(head + "." + labels[1+dots]), ok && prefixed && head != ""
}

// star is a name with its wildcard as records have it.
func (r Registry) star(n string) name.Name {
	if rest, ok := strings.CutPrefix(n, r.wildcard()+"."); ok {
		return name.Name("*." + rest)
	}
	return name.Name(n)
}

// Fits says whether the TXT record of a record fits beside it: its first label holds the
// prefix as well.
func (r Registry) Fits(n name.Name, t Type) error {
	if _, err := name.Read(r.TXTName(n, t).API()); err == nil && len(r.TXTName(n, t)) <= maxTXTName {
		return nil
	}
	prefix, suffix := r.affixes(t)
	prefix = prefix[strings.LastIndexByte(prefix, '.')+1:]
	suffix, _, _ = strings.Cut(suffix, ".")
	by, fitting := n.TooLong(len(prefix) + len(suffix))
	if by == 0 {
		return fmt.Errorf("%s is too long for the name of its TXT record, %s", n, r.TXTName(n, t))
	}
	return fmt.Errorf("the first label of %s is %d characters too long for its TXT record, whose label has %q as well; %s would do", n, by, prefix+suffix, fitting)
}

// maxTXTName is the longest name that a TXT record can have, as any other.
const maxTXTName = 253

// Check reports what is wrong with the settings.
func (r Registry) Check() error {
	if r.Prefix != "" && r.Suffix != "" {
		return fmt.Errorf("a prefix and a suffix exclude each other")
	}
	for _, after := range strings.Split(r.Prefix, typeWord)[1:] {
		if !strings.HasPrefix(after, "-") && !strings.HasPrefix(after, ".") {
			return fmt.Errorf(`the prefix %q lets the type run into the name, where "a" is the beginning of "aaaa": write "-" or "." behind %s`, r.Prefix, typeWord)
		}
	}
	parts := strings.Split(r.Suffix, typeWord)
	for _, before := range parts[:len(parts)-1] {
		if !strings.HasSuffix(before, "-") && !strings.HasSuffix(before, ".") {
			return fmt.Errorf(`the suffix %q lets the name run into the type: write "-" or "." before %s`, r.Suffix, typeWord)
		}
	}
	for _, part := range []string{r.Prefix, r.Suffix, r.Wildcard} {
		odd := func(c rune) bool { return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyz0123456789-_.", c) }
		if strings.ContainsFunc(strings.ReplaceAll(part, typeWord, ""), odd) {
			return fmt.Errorf("%q has characters other than a-z, 0-9, '-', '_', '.' and %s", part, typeWord)
		}
	}
	return nil
}

// Owner is who may change a record: the id that tells installations and tools apart, and
// what the record was made for.
type Owner struct {
	ID       string `json:"id"`
	Resource string `json:"resource,omitempty"`
}

// String is "ID (RESOURCE)".
func (o Owner) String() string {
	if o.Resource == "" {
		return o.ID
	}
	return o.ID + " (" + o.Resource + ")"
}

const (
	heritage    = "heritage=external-dns"
	ownerKey    = "external-dns/owner="
	resourceKey = "external-dns/resource="
)

// text is the value of the TXT record of a record with this owner.
func (o Owner) text() string {
	return quote(strings.Join([]string{heritage, ownerKey + o.ID, resourceKey + o.Resource}, ","))
}

// readOwner reads the value of a TXT record; ok says that it names an owner.
func readOwner(value string) (o Owner, ok bool) {
	text, err := Unquote(value)
	if err != nil {
		text = value
	}
	fields := strings.Split(text, ",")
	if !slices.Contains(fields, heritage) {
		return o, false
	}
	for _, field := range fields {
		if id, found := strings.CutPrefix(field, ownerKey); found {
			o.ID = id
		}
		if resource, found := strings.CutPrefix(field, resourceKey); found {
			o.Resource = resource
		}
	}
	return o, true
}

// txtTTL is that of the TXT records, in seconds.
const txtTTL = 300

// txt is the TXT record that says who owns a record. It has the record's place in a set.
func (r Registry) txt(of Record, owner Owner) Record {
	return Record{
		Name: r.TXTName(of.Name, of.Type), Type: TXT, TTL: txtTTL, Values: []string{owner.text()},
		Routing: of.Routing, HealthCheck: of.HealthCheck,
	}
}
