// Package observe is what the shop's services show of themselves: Prometheus
// metrics with standard names, one JSON log line per request on stdout, and a
// request id that travels with the request from service to service.
package observe
