package wire

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/shakedown-dev/shakedown/experiments/probe"
	"github.com/shakedown-dev/shakedown/experiments/probe/probetest"
)

// secretEnv has one secret.
func secretEnv(name string) string {
	return map[string]string{SecretPrefix + "SHOP": "hunter2"}[name]
}

// serving is a service in the state that the suite asks for.
func serving(state probetest.State) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		switch state {
		case probetest.Silent:
			<-r.Context().Done()
		case probetest.Breaks:
			w.WriteHeader(http.StatusServiceUnavailable)
		case probetest.Refused:
			w.WriteHeader(http.StatusUnauthorized)
		case probetest.Garbage:
			fmt.Fprint(w, "<html>")
		default:
			fmt.Fprint(w, "all is well")
		}
	}
}

func TestHTTPKind(t *testing.T) {
	// The suite wants one part for all states, so each server takes the same address.
	address := nobody(t)
	probetest.Run(t, probetest.Suite{
		Part: `{"url":"http://` + address + `/${namespace}","method":"GET","status":[200,204],"within":"900ms","timeout":"1s","body":"^all is",
			"headers":{"X-Token":{"env":"SHAKEDOWN_PROBE_SECRET_SHOP"}},"reuse":false,"redirects":1}`,
		Unconnected: HTTPKind(nil),
		Open: func(t *testing.T, state probetest.State) probe.Kind {
			t.Helper()
			if state != probetest.Nobody {
				l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", address)
				if err != nil {
					t.Fatal(err)
				}
				s := httptest.NewUnstartedServer(serving(state))
				_ = s.Listener.Close()
				s.Listener = l
				s.Start()
				t.Cleanup(s.Close)
			}
			return HTTPKind(client(t, func(c *Config) { c.Env = secretEnv }))
		},
		Never: map[probetest.State]string{
			probetest.NoData: "a service answers or does not", probetest.NotANumber: "there is no number in an answer",
			probetest.Ambiguous: "there is one answer", probetest.Stale: "the service is asked each time",
		},
		Shown: []probetest.State{probetest.Garbage, probetest.Refused, probetest.Nobody},
		Invalid: map[string][]string{
			`{}`:                                                               {"url"},
			`{"url":"ftp://shop"}`:                                             {"url"},
			`{"url":"http://"}`:                                                {"url"},
			`{"url":"http://a b"}`:                                             {"url"},
			`{"url":"http://u:p@shop"}`:                                        {"url"},
			`{"url":"http://shop#part"}`:                                       {"url"},
			`{"url":"http://shop:0"}`:                                          {"url"},
			`{"url":"http://shop:70000"}`:                                      {"url"},
			`{"url":"http://sh$op"}`:                                           {"url"},
			`{"url":"http://${pod}"}`:                                          {"url"},
			`{"url":"http://$namespace.shop"}`:                                 {"url"},
			`{"url":7}`:                                                        {"url"},
			`{"url":"http://a","method":"PUT"}`:                                {"method"},
			`{"url":"http://a","method":"get"}`:                                {"method"},
			`{"url":"http://a","status":[200,99,600]}`:                         {"status[1]", "status[2]"},
			`{"url":"http://a","timeout":"5s"}`:                                {"timeout"},
			`{"url":"http://a","timeout":"1ms"}`:                               {"timeout"},
			`{"url":"http://a","timeout":"-1s"}`:                               {"timeout", "within"},
			`{"url":"http://a","timeout":"soon"}`:                              {""},
			`{"url":"http://a","within":"2s"}`:                                 {"within"},
			`{"url":"http://a","within":"-1s"}`:                                {"within"},
			`{"url":"http://a","redirects":6}`:                                 {"redirects"},
			`{"url":"http://a","redirects":-1}`:                                {"redirects"},
			`{"url":"http://a","body":"("}`:                                    {"body"},
			`{"url":"http://a","body":"x","method":"HEAD"}`:                    {"body"},
			`{"url":"http://a","headers":{"X":{"env":"HOME"}}}`:                {"headers.X.env"},
			`{"url":"http://a","headers":{"X":{}}}`:                            {"headers.X.env"},
			`{"url":"http://a","headers":{"X":{"value":"v"}}}`:                 {"value"},
			`{"url":"http://a","headers":{"X":"v"}}`:                           {"headers"},
			`{"url":"http://a","headers":{"a b":{"env":"x"}}}`:                 {"headers"},
			`{"url":"http://a","headers":{"Host":{"env":"x"}}}`:                {"headers.Host"},
			`{"url":"http://a","headers":{"proxy-authorization":{"env":"x"}}}`: {"headers.proxy-authorization"},
			`{"url":"http://a","reuse":"yes"}`:                                 {"reuse"},
		},
	})
}

func TestTCPKind(t *testing.T) {
	address := nobody(t)
	probetest.Run(t, probetest.Suite{
		Part:        `{"address":"` + address + `","timeout":"1s"}`,
		Unconnected: TCPKind(nil),
		Open: func(t *testing.T, state probetest.State) probe.Kind {
			t.Helper()
			switch state { //nolint:exhaustive // nobody listens in the others
			case probetest.Holds:
				listenAt(t, address, func(c net.Conn) { _ = c.Close() })
			case probetest.Silent:
				full(t, address)
			}
			return TCPKind(client(t, nil))
		},
		Never: map[probetest.State]string{
			probetest.NoData: "a connection is there or not", probetest.NotANumber: "nothing is read", probetest.Ambiguous: "nothing is read",
			probetest.Stale: "a connection is made each time", probetest.Garbage: "nothing is read",
		},
		Shown: []probetest.State{probetest.Breaks, probetest.Refused, probetest.Nobody},
		Invalid: map[string][]string{
			`{}`:                                    {"address"},
			`{"address":"shop"}`:                    {"address"},
			`{"address":"shop:"}`:                   {"address"},
			`{"address":":80"}`:                     {"address"},
			`{"address":"shop:http"}`:               {"address"},
			`{"address":"http://shop:80"}`:          {"address"},
			`{"address":"sh op:80"}`:                {"address"},
			`{"address":"${pod}:80"}`:               {"address"},
			`{"address":"shop:80","timeout":"1m"}`:  {"timeout"},
			`{"address":"shop","timeout":"-1s"}`:    {"address", "timeout"},
			`{"address":"shop:80","timeout":"one"}`: {""},
		},
	})
}
