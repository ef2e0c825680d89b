// Package existing is the driver for clusters that are there already: it takes
// a kubeconfig and a context, makes sure that they lead to an API server, and
// remembers them under a name. It makes nothing in the cluster, and destroying
// such a cluster forgets it and leaves it alone.
//
// What it remembers is the path of the kubeconfig and the context, never what is
// in the file: <data dir>/existing/<name>.json.
package existing
