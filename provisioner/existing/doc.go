// Package existing is the driver for clusters that are there already: it takes
// a kubeconfig and a context, makes sure that they lead to an API server, and
// registers them under a name. It makes nothing in the cluster, and destroying
// such a cluster removes the registration and leaves the cluster alone.
//
// A registration is the path of the kubeconfig and the context, never what is in
// the file: <data dir>/existing/<name>.json.
package existing
