// Package app is the one composition root: it joins the services, the bus and
// the listeners, runs them, and takes them down in reverse order. Nothing else
// knows more than one service. Two apps can run in one process.
package app
