// Package wire asks a service itself, over the network: it has the kinds of probes http and
// tcp, which see what a user of the service sees.
//
// # What a sample is
//
// Each sample is one attempt at the interval of the experiment, so that the rate is our own
// and not that of somebody's scrapes. Its value is 1 when the service answered as the probe
// wants and 0 when it did not, with the reason, and it speaks for the time from the question
// to the answer. A new connection is made each time unless the probe says "reuse: true": one
// that is open goes on working while nobody new gets in, and with reuse Go asks again on a
// new connection when the kept one turns out to be closed, as most clients do.
//
// # Whose fault an error is
//
// What the service, or the way to it, did not do is a bad sample; what we could not do is no
// sample, neither bad nor good. By kind:
//
//   - Bad: the connection is refused, reset or closed, or the router says that the host is
//     not there (a dead pod or node looks so); no answer within the timeout; an answer that is
//     not HTTP or not TLS; a certificate that is expired or for another name; another status,
//     another body, a late answer, more redirects than allowed.
//   - Unknown: the name cannot be looked up (the resolver is ours, and a resolver is not the
//     service); too many open files, no free port, no memory, a firewall or a missing route on
//     our own machine; a certificate of an authority that we do not know; a secret that is not
//     set; the end of the run; any error of a kind that is not listed here and came before
//     there was a connection.
//
// Time is judged in three values like all else. Looking up the name and the time in which
// our own process did not get to run (stopped, starved) are ours: a late answer or none is
// bad only when the service had the whole time to answer, and unknown otherwise.
//
// # What a URL can reach
//
// Whoever may ask for a run chooses the URL, and this server sends the question, so what can
// be reached is named by whoever starts the server (Config.Hosts, the flag --probe-hosts),
// and nothing can be reached without. A name stands for whatever it resolves to, but never
// for this machine, a link-local address (the metadata of a cloud is one), multicast or the
// unspecified address: these take an address or a network in the list, or the name
// localhost. The address is looked at when the connection is made, so a name that resolves
// to another address later, and a redirect, are judged as well. No proxy is taken from the
// environment. Only the methods GET, HEAD and OPTIONS can be sent: a probe must not change
// what it measures.
//
// Values of headers are read from variables of the server whose names begin with
// SecretPrefix, so that a document can name a secret without having it, and no other
// variable. They do not go along with a redirect to another host, and no record, log or
// message has them. Of the answer, the status alone is kept. The URL is in the record as it
// was asked, so it must hold no secret; one with a user or password is refused.
//
// # What it cannot see
//
// A connection that is made (tcp) shows that the kernel or a proxy before the service takes
// connections, not that the service answers. A name with several addresses is tried in turn,
// as clients do. An answer is read up to 64 KiB.
package wire
