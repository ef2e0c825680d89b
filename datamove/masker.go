package datamove

// Masker says how values are masked. It may be used by several goroutines; a
// Transform may not.
type Masker interface {
	// Column returns the transform of a column, nil when it is copied as it is.
	Column(database, table, column string) Transform
	// Key returns how the value of a Redis key is masked, nil when it is not.
	Key(key string) KeyMask
	// Object returns the transform of an object's content, nil when it is copied as
	// it is. Content is transformed as a whole, so only JSON of bounded size is.
	Object(key string) Transform
	// Fingerprint changes when the policy or the key does, so that a run is not
	// resumed under another. It reveals nothing of the key.
	Fingerprint() string
}

// KeyMask masks the value of one Redis key.
type KeyMask interface {
	// Field is the transform of a field of a hash, nil when it is copied as it is.
	Field(name string) Transform
	// Value is that of a string, or of every element of a list or set, or of every
	// member of a sorted set; nil when it is copied as it is.
	Value() Transform
}

// Transform masks one value.
type Transform interface {
	// Mask appends the masked value to dst and returns it. Null says that the
	// result is NULL (or that the element is dropped, where there is no NULL). The
	// value is never nil: NULL stays NULL and is not asked for. An error names no value.
	Mask(dst, value []byte) (masked []byte, null bool, err error)
	// As is the word of the rule: "email".
	As() string
}
