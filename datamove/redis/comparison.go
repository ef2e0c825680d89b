package redis

// The ways in which a key differs, as the report has them.
const (
	missing = "missing"
	extra   = "extra"
	changed = "changed"
)

// suspect is a key that was not the same on both sides when it was compared.
type suspect struct {
	key, what, detail string
}

// Limits of the keys that differ and are kept by name.
const (
	maxSuspects     = 100_000
	maxSuspectBytes = 16 << 20 // of their names
)

// suspects are those of a database, as many as can be kept.
type suspects struct {
	list []suspect
	// bytes are those of their names.
	bytes int
	// more counts those that are not kept.
	more int64
}

func (s *suspects) add(found ...suspect) {
	for _, one := range found {
		if len(s.list) >= maxSuspects || s.bytes >= maxSuspectBytes {
			s.more++
			continue
		}
		s.list, s.bytes = append(s.list, one), s.bytes+len(one.key)
	}
}

// comparison is what the comparison of one batch has found.
type comparison struct {
	sums     sums
	suspects []suspect
	// final also counts those that differ; else they are only suspects and are compared
	// again.
	final bool
}

func (c *comparison) suspect(key, what, detail string) {
	c.suspects = append(c.suspects, suspect{key, what, detail})
}

// compared is what was compared of one key on both sides.
type compared struct {
	kind               string
	from, to           digest
	fromBytes, toBytes int64
	// detail says what differs where that is known.
	detail string
}

// record counts a key that is the same and suspects one that is not. Expiry says how
// the expiries differ, "" for not.
func (c *comparison) record(key string, v compared, expiry string) {
	same := v.from == v.to
	switch {
	case same && (expiry == "" || c.final):
		c.sums.countBoth(key, v.kind, v.from, v.fromBytes, v.toBytes)
	case c.final:
		c.sums.count(source, key, v.kind, v.from, v.fromBytes)
		c.sums.count(target, key, v.kind, v.to, v.toBytes)
	}
	switch {
	case !same && v.detail != "":
		c.suspect(key, changed, v.detail)
	case !same:
		c.suspect(key, changed, "the "+v.kind)
	case expiry != "":
		c.suspect(key, changed, expiry)
	}
}

// recordAbsent suspects a key that is not on both sides.
func (c *comparison) recordAbsent(a, b entry) {
	switch {
	case !a.gone():
		c.suspect(a.key, missing, "")
		if c.final {
			c.sums.count(source, a.key, kindAbsent(a), digest{1}, 0)
		}
	case !b.gone():
		c.suspect(b.key, extra, "")
		if c.final {
			c.sums.count(target, b.key, kindAbsent(b), digest{2}, 0)
		}
	}
}

// kindAbsent is the type of a key that is on one side only.
func kindAbsent(e entry) string {
	switch {
	case e.content.kind != "":
		return e.content.kind
	case e.payload != "":
		return kindOf(e.payload)
	}
	return kindOther
}
