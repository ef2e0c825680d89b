// Package spec reads the YAML files that a team keeps in git and turns them into
// the documents of the services. It is strict: unknown fields, wrong types and
// impossible values are all reported at once, each with file, line and key.
package spec
