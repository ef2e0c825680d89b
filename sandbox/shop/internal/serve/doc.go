// Package serve runs one HTTP server the way Kubernetes wants it.
//
// It answers /livez and /readyz; it is ready after its warm-up. When its context ends (SIGTERM) it turns
// unready at once, keeps serving for the drain delay so that every kube-proxy
// and ingress can stop sending to it, asks clients to close their connections
// meanwhile, and only then shuts down, waiting for requests in flight for a
// bounded time.
package serve
