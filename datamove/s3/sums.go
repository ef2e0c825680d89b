package s3

import (
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/datamove/checksum"
)

// objectSum is the sum of one object with a token that stands for its content.
func objectSum(rel string, size int64, token string) checksum.Sum {
	var n [8]byte
	binary.BigEndian.PutUint64(n[:], uint64(size))
	hash := sha256.New()
	for _, part := range []string{rel, string(n[:]), token} {
		var l [4]byte
		binary.BigEndian.PutUint32(l[:], uint32(len(part)))
		hash.Write(l[:])
		hash.Write([]byte(part))
	}
	digest := hash.Sum(nil)
	return checksum.Sum{Items: 1, Bytes: size, Low: binary.BigEndian.Uint64(digest[8:]), High: binary.BigEndian.Uint64(digest)}
}

// unitMost is how many units a report has; all further prefixes are one.
const unitMost = 100

const otherUnits = "(other prefixes)"

// unit is a prefix in the making.
type unit struct {
	src, dst checksum.Sum
	copied   int64
	differs  bool
}

// units are the prefixes of a run, for several goroutines.
type units struct {
	mu  sync.Mutex
	all map[string]*unit
}

// unitName is the first segment of the key with its slash.
func unitName(rel string) string {
	if first, _, found := strings.Cut(rel, "/"); found {
		return first + "/"
	}
	return "/"
}

// named is the unit that a key belongs to, and its name. The lock must be held.
func (u *units) named(rel string) (string, *unit) {
	name := unitName(rel)
	if found := u.all[name]; found != nil {
		return name, found
	}
	if len(u.all) >= unitMost {
		name = otherUnits
	}
	if u.all[name] == nil {
		u.all[strings.Clone(name)] = &unit{}
	}
	return name, u.all[name]
}

// begin forgets the sums of the last pass.
func (u *units) begin() {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.all == nil {
		u.all = map[string]*unit{}
	}
	for _, one := range u.all {
		*one = unit{copied: one.copied}
	}
}

// equal counts an object that is the same on both sides.
func (u *units) equal(rel string, size int64, token string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	_, one := u.named(rel)
	both := objectSum(rel, size, token)
	one.src.Add(both)
	one.dst.Add(both)
}

// differ counts an object that is not; a side that has none is nil.
func (u *units) differ(rel string, src, dst *object) string {
	u.mu.Lock()
	defer u.mu.Unlock()
	name, one := u.named(rel)
	one.differs = true
	if src != nil {
		one.src.Add(objectSum(rel, src.size, "source "+src.etag))
	}
	if dst != nil {
		one.dst.Add(objectSum(rel, dst.size, "target "+dst.etag))
	}
	return name
}

// wrote counts an object that was written and returns its unit.
func (u *units) wrote(rel string) string {
	u.mu.Lock()
	defer u.mu.Unlock()
	name, one := u.named(rel)
	one.copied++
	return name
}

// copied counts the objects that were written.
func (u *units) copied() int64 {
	u.mu.Lock()
	defer u.mu.Unlock()
	var n int64
	for _, one := range u.all {
		n += one.copied
	}
	return n
}

// sources counts the objects of the source.
func (u *units) sources() int64 {
	u.mu.Lock()
	defer u.mu.Unlock()
	var n int64
	for _, one := range u.all {
		n += one.src.Items
	}
	return n
}

// report are the units as reports have them, by name.
func (u *units) report() []datamove.Unit {
	u.mu.Lock()
	defer u.mu.Unlock()
	all := make([]datamove.Unit, 0, len(u.all))
	for _, name := range slices.Sorted(maps.Keys(u.all)) {
		one := u.all[name]
		src, dst := one.src.Report(), one.dst.Report()
		if src.Items == 0 && dst.Items == 0 && one.copied == 0 {
			continue
		}
		all = append(all, datamove.Unit{
			Name: name, Source: src, Target: dst, Copied: one.copied, Equal: !one.differs && src == dst,
		})
	}
	return all
}
