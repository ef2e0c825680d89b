// Package provisionertest tests a driver of clusters for what provisioner.Driver
// promises. Only tests import it; a new driver runs it with a Rig of its own.
package provisionertest
