// Package s3 copies objects between buckets, inside the server where one credential
// reaches both ends and streamed elsewhere, and compares both sides by sorted listings.
package s3
