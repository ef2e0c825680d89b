package wire

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/spec"
)

// HTTP is what stands under "http" in a probe: an answer that is as it is wanted.
type HTTP struct {
	URL    string `json:"url" jsonschema:"description=http or https address; ${namespace} ${environment} ${experiment} are replaced"`
	Method string `json:"method,omitempty" jsonschema:"enum=GET,enum=HEAD,enum=OPTIONS,description=default GET; others could change what is measured"`
	// Status are the codes that are good.
	Status []int `json:"status,omitempty" jsonschema:"description=codes that are good (default 200)"`
	// Within bounds the time from the question to the end of the answer.
	Within events.Duration `json:"within,omitempty" jsonschema:"description=how late a good answer may be (default: timeout)"`
	Body   string          `json:"body,omitempty" jsonschema:"description=regular expression (RE2) that the first 64 KiB of the answer must match"`
	// Headers take their values from variables of the server.
	Headers map[string]Header `json:"headers,omitempty" jsonschema:"description=headers whose values stand in variables of the server"`
	Reuse   bool              `json:"reuse,omitempty" jsonschema:"description=true: keep the connection for the next sample; false (default): a new one for each"`
	// Redirects is how many redirects are followed.
	Redirects int             `json:"redirects,omitempty" jsonschema:"description=how many redirects are followed (default 0)"`
	Timeout   events.Duration `json:"timeout,omitempty" jsonschema:"description=how long an answer is waited for (default 1s)"`
}

// Header is where the value of a header comes from.
type Header struct {
	Env string `json:"env" jsonschema:"description=variable of the server; its name begins with SHAKEDOWN_PROBE_SECRET_"`
}

// maxRedirects bounds how many redirects a probe may follow, maxPattern the length of a
// pattern for bodies.
const (
	maxRedirects = 5
	maxPattern   = 256
)

func (p HTTP) withDefaults() HTTP {
	p.Method = cmp.Or(p.Method, http.MethodGet)
	p.Timeout = cmp.Or(p.Timeout, defaultTimeout)
	if len(p.Status) == 0 {
		p.Status = []int{http.StatusOK}
	}
	return p
}

// String says what must be true.
func (p HTTP) String() string {
	text := fmt.Sprintf("%s %s answers %s within %s", p.Method, p.URL, p.statuses(), cmp.Or(p.Within, p.Timeout))
	if p.Body != "" {
		text += " with a body that matches " + p.Body
	}
	if p.Reuse {
		return text + ", over a connection that is kept"
	}
	return text + ", over a new connection each time"
}

func (p HTTP) statuses() string {
	var codes []string
	for _, code := range p.Status {
		codes = append(codes, strconv.Itoa(code))
	}
	return strings.Join(codes, " or ")
}

func (p HTTP) check() (found events.Problems) {
	if message := checkURL(p.URL); message != "" {
		found.Add("url", "%s", message)
	}
	methods := []string{http.MethodGet, http.MethodHead, http.MethodOptions}
	found.Check(slices.Contains(methods, p.Method), "method", "%q is not one of %s", p.Method, strings.Join(methods, " "))
	for i, code := range p.Status {
		found.Check(code >= 200 && code <= 599, fmt.Sprintf("status[%d]", i), "is %d, want 200 to 599", code)
	}
	checkTimeout(&found, p.Timeout)
	found.Check(p.Within >= 0 && p.Within <= p.Timeout, "within", "is %s, want more than 0s and at most the timeout (%s)", p.Within, p.Timeout)
	found.Check(p.Redirects >= 0 && p.Redirects <= maxRedirects, "redirects", "is %d, want 0 to %d", p.Redirects, maxRedirects)
	found.Check(len(p.Body) <= maxPattern, "body", "has %d bytes, want at most %d", len(p.Body), maxPattern)
	if _, err := regexp.Compile(p.Body); err != nil {
		found.Add("body", "%v", err)
	} else if p.Body != "" && p.Method == http.MethodHead {
		found.Add("body", "is not in an answer to HEAD")
	}
	for _, name := range slices.Sorted(maps.Keys(p.Headers)) {
		checkHeader(&found, name, p.Headers[name])
	}
	return found
}

// checkURL says what is wrong with an address, "" for nothing. No message has a password.
func checkURL(text string) string {
	if err := spec.CheckVariables(text); err != nil {
		return err.Error()
	}
	u, err := url.Parse(example(text))
	switch {
	case text == "":
		return "is missing"
	case err != nil:
		return "is not an address"
	case u.User != nil:
		return "has credentials in it, and records would have them; name a variable under headers"
	case u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		return fmt.Sprintf("%q is not an http or https address", text)
	case u.Fragment != "":
		return fmt.Sprintf("%q has a fragment, which no server sees", text)
	}
	if !isHost(u.Hostname()) {
		return fmt.Sprintf("%q has a host with other characters than a name or an address", text)
	}
	if _, err := readPort(portOf(u)); err != nil {
		return fmt.Sprintf("%q %v", text, err)
	}
	return ""
}

// portOf is the port of an address, also where it is the usual one.
func portOf(u *url.URL) string {
	return cmp.Or(u.Port(), map[string]string{"http": "80", "https": "443"}[u.Scheme])
}

// checkHeader reports what is wrong with a header.
func checkHeader(found *events.Problems, name string, h Header) {
	key := "headers." + name
	connection := []string{"host", "connection", "content-length", "transfer-encoding", "te", "trailer", "upgrade", "keep-alive", "expect"}
	switch {
	case !regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$").MatchString(name):
		found.Add("headers", "%q is not the name of a header", name)
	case slices.Contains(connection, strings.ToLower(name)) || strings.HasPrefix(strings.ToLower(name), "proxy-"):
		found.Add(key, "belongs to the connection and cannot be set")
	case !regexp.MustCompile("^" + SecretPrefix + "[A-Z0-9_]+$").MatchString(h.Env):
		found.Add(key+".env", "%q is not the name of a variable that begins with %s", h.Env, SecretPrefix)
	}
}
