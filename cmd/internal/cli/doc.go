// Package cli is the command line. Commands translate: they turn flags into a
// request, ask a service and show the answer. What is right and wrong is decided in
// the services; which exit code an error means is data, in the package kit.
//
// A noun is a package and a verb a file in it: options, flags, a function that runs
// the command, and a view. What commands share is in kit.
package cli
