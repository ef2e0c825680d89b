// Package spec is the Experiment document: what a team believes, what is broken and how
// long it may take to heal. It has the types, the defaults and the rules of a valid
// document. It is pure: it reads nothing but its arguments.
package spec
