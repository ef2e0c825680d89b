// Package cli is the command line. Commands translate: they turn flags into a
// request, ask a service and show the answer. What is right and wrong is decided
// in the services; which exit code an error means is data, in exit.go.
package cli
