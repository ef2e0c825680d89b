package datamove

import (
	"github.com/shakedown-dev/shakedown/events"
)

// Kind is the kind of document that says what is copied.
const Kind = "DataCopy"

// Document is a DataCopy file: what is copied from where to where.
type Document struct {
	events.Header
	Spec Spec `json:"spec" jsonschema:"required"`
}

// Spec is what the copy consists of.
type Spec struct {
	// Environment is the one that is filled; its Policy decides which targets are allowed.
	Environment string  `json:"environment,omitempty" jsonschema:"description=the environment that is filled"`
	Masking     Masking `json:"masking,omitzero" jsonschema:"description=what is masked and how"`
	Stores      []Store `json:"stores" jsonschema:"required,minItems=1,description=what is copied; one after the other"`
}

// Store is one copy from one server to another of the same kind.
type Store struct {
	Name     string   `json:"name" jsonschema:"required,description=name of the part in the report"`
	From     Endpoint `json:"from" jsonschema:"required"`
	To       Endpoint `json:"to" jsonschema:"required"`
	Include  []string `json:"include,omitempty" jsonschema:"description=globs of what is copied: table or database.table; key; object key (default all)"`
	Exclude  []string `json:"exclude,omitempty" jsonschema:"description=globs of what is left out; wins over include"`
	Existing Existing `json:"existing,omitempty" jsonschema:"enum=fail,enum=replace,enum=merge,description=what happens to what is in the target already (default fail)"`
	Throttle Throttle `json:"throttle,omitzero"`
	MySQL    MySQL    `json:"mysql,omitzero"`
	Redis    Redis    `json:"redis,omitzero"`
	S3       S3       `json:"s3,omitzero"`
}

// Endpoint is one end of a copy. The URL never holds a password:
//
//	mysql://user@host:port/database
//	redis://user@host:port/0   rediss://...   redis://a:1,b:2?cluster=true
//	s3://bucket/prefix?endpoint=http://127.0.0.1:7070&region=us-east-1
//
// For MySQL the database may be left out: all but the system's own.
type Endpoint struct {
	URL         string      `json:"url" jsonschema:"required,description=mysql:// or redis:// or rediss:// or s3:// without a password"`
	Credentials Credentials `json:"credentials,omitzero" jsonschema:"description=where the password or the S3 key pair is read from"`
	// CA is a file with the certificates that the server's must be signed by; TLS
	// is used when it is set or the URL asks for it (?tls=true).
	CA string `json:"ca,omitempty" jsonschema:"description=file with the CA certificates of the server"`
	// Protected marks data of real people: what looks personal must be classified
	// before it may leave.
	Protected bool `json:"protected,omitempty" jsonschema:"description=holds real personal data, so nothing unclassified may leave"`
}

// Credentials say where a secret is read from: exactly one of the three, or none.
// A secret of MySQL and Redis is a password; one of S3 is "ACCESS_KEY_ID:SECRET_ACCESS_KEY"
// and may go on with ":SESSION_TOKEN". With none, S3 uses the SDK's own chain.
type Credentials struct {
	Env    string     `json:"env,omitempty" jsonschema:"description=name of an environment variable"`
	File   string     `json:"file,omitempty" jsonschema:"description=path of a file; one trailing newline is left out"`
	Secret *SecretRef `json:"secret,omitempty" jsonschema:"description=a key of a Kubernetes Secret"`
}

// SecretRef is one key of a Kubernetes Secret.
type SecretRef struct {
	Namespace string `json:"namespace" jsonschema:"required"`
	Name      string `json:"name" jsonschema:"required"`
	Key       string `json:"key" jsonschema:"required"`
}

// Existing is what happens to what is in the target already.
type Existing string

// The ways to treat what is there.
const (
	// ExistingFail refuses a target that has anything that the copy would write to.
	ExistingFail Existing = "fail"
	// ExistingReplace removes what the copy will write before it writes it. What the
	// copy does not touch stays.
	ExistingReplace Existing = "replace"
	// ExistingMerge keeps what is there and writes over what has the same key.
	ExistingMerge Existing = "merge"
)

// Throttle is how kind the copy is to the source. Zero values do not bound.
type Throttle struct {
	BytesPerSecond int64 `json:"bytesPerSecond,omitempty" jsonschema:"minimum=0,description=bytes read from the source per second"`
	// MaxThreadsRunning pauses a MySQL copy while the source runs more statements.
	MaxThreadsRunning int `json:"maxThreadsRunning,omitempty" jsonschema:"minimum=0,description=pause while the MySQL source runs more statements than this"`
	// MaxLatency pauses a Redis copy while a PING of the source takes longer.
	MaxLatency events.Duration `json:"maxLatency,omitzero" jsonschema:"description=pause while a PING of the Redis source takes longer than this"`
}

// MySQL are the settings of a copy of MySQL or MariaDB.
type MySQL struct {
	Snapshot    string `json:"snapshot,omitempty" jsonschema:"enum=auto,enum=single,enum=proof,enum=lock,description=how a consistent view is taken (default auto: one connection)"`
	Loaders     int    `json:"loaders,omitempty" jsonschema:"minimum=0,maximum=64,description=connections that write (default 2)"`
	Definer     string `json:"definer,omitempty" jsonschema:"description=user@host that owns views and routines in the target (default the copying user)"`
	KeepIndexes bool   `json:"keepIndexes,omitempty" jsonschema:"description=do not defer secondary indexes until the rows are in"`
	Subset      Subset `json:"subset,omitzero" jsonschema:"description=copy some rows and all that they refer to"`
}

// Subset is a root query and what hangs on its rows by foreign keys.
type Subset struct {
	Table string `json:"table,omitempty" jsonschema:"description=table of the root rows"`
	Where string `json:"where,omitempty" jsonschema:"description=SQL condition on the root rows"`
	Limit int64  `json:"limit,omitempty" jsonschema:"minimum=0,description=at most this many root rows; 0 means all"`
}

// Redis are the settings of a copy of Redis.
type Redis struct {
	Mode      string `json:"mode,omitempty" jsonschema:"enum=auto,enum=scan,enum=replicaof,description=default auto: scan unless the target is disposable and allows replicaof"`
	Databases []int  `json:"databases,omitempty" jsonschema:"description=numbers of the databases (default all; only 0 in a cluster)"`
	// Disposable allows the target to be wiped and made a replica for a while.
	Disposable bool `json:"disposable,omitempty" jsonschema:"description=the whole target may be overwritten by replication"`
	// BigKey is the size in bytes from which a key is copied in pieces.
	BigKey int64 `json:"bigKey,omitempty" jsonschema:"minimum=0,description=bytes from which a key is copied in pieces (default 32 MiB)"`
}

// S3 are the settings of a copy of S3.
type S3 struct {
	// Delete removes objects of the target that the source does not have, at most MaxDelete.
	Delete    bool `json:"delete,omitempty" jsonschema:"description=remove objects below the target's prefix that the source does not have"`
	MaxDelete int  `json:"maxDelete,omitempty" jsonschema:"minimum=0,description=refuse to remove more objects than this (default 100)"`
	// Concurrency is the most requests at once; 0 adapts from 16 up to 256.
	Concurrency int `json:"concurrency,omitempty" jsonschema:"minimum=0,maximum=1024"`
	// Streamed never copies inside the server, also when one credential reaches both ends.
	Streamed bool `json:"streamed,omitempty" jsonschema:"description=read and write every object instead of copying inside the server"`
}

// Masking is a policy and the key that makes its results unforeseeable.
type Masking struct {
	Key   Credentials `json:"key,omitzero" jsonschema:"description=where the masking key is read from; at least 16 bytes"`
	Rules []Rule      `json:"rules,omitempty" jsonschema:"description=what is masked; the first rule that fits decides"`
}

// Rule masks what one of Column, Key and Object names, or says that it is harmless.
type Rule struct {
	Column string `json:"column,omitempty" jsonschema:"description=glob of database.table.column"`
	Key    string `json:"key,omitempty" jsonschema:"description=glob of Redis keys"`
	Object string `json:"object,omitempty" jsonschema:"description=glob of S3 object keys"`
	// Field is a field of a Redis hash; Path is a path in JSON such as $.user.email or $.items[*].name.
	Field string `json:"field,omitempty" jsonschema:"description=field of a Redis hash (default all fields)"`
	Path  string `json:"path,omitempty" jsonschema:"description=path inside JSON such as $.user.email or $.items[*].name"`
	As    string `json:"as" jsonschema:"required,enum=email,enum=name,enum=phone,enum=iban,enum=card,enum=ip,enum=text,enum=digits,enum=uuid,enum=date,enum=null,enum=keep,description=what it is; keep says that it may be copied as it is"`
	// Unique keeps different inputs different where the format would let them meet.
	Unique bool `json:"unique,omitempty" jsonschema:"description=the values are unique and must stay so"`
}
