package notify

import (
	"net/url"
	"slices"
	"strings"
	"text/template"

	"github.com/shakedown-dev/shakedown/events"
)

// Kind is that of every document of a notifier.
const Kind = "Notifier"

// The formats of messages.
const (
	FormatSlack   = "slack"
	FormatJSON    = "json"
	FormatGrafana = "grafana"
)

// Document is a Notifier as a team keeps it in git.
type Document struct {
	events.Header
	Spec Spec `json:"spec" jsonschema:"required"`
}

// Spec says where messages go, and which.
type Spec struct {
	Format string `json:"format" jsonschema:"required,enum=slack,enum=json,enum=grafana,description=slack posts {text} as Slack and Mattermost take it; json posts the whole message; grafana makes an annotation"`
	// URL is the webhook, or the root of Grafana.
	URL Value `json:"url" jsonschema:"required,description=the webhook or the root of Grafana; an address that is a secret is given by env"`
	// Token is sent as a bearer token.
	Token Value `json:"token,omitzero" jsonschema:"description=bearer token such as that of a service account of Grafana"`
	// On are what is told; empty means what wants says.
	On []string `json:"on,omitempty" jsonschema:"enum=plan,enum=plan-failed,enum=run-passed,enum=run-failed,enum=run-inconclusive,enum=run-aborted,enum=run-not-run,enum=fault-injected,enum=fault-reverted,enum=fault-not-recovered,enum=stop,enum=resume,description=what is told (default: plans and whatever is not as it should be; with grafana the faults)"`
	// Reports is where people reach the pages of the server.
	Reports  string `json:"reports,omitempty" jsonschema:"description=address of the pages of the server; links to reports begin with it"`
	Template string `json:"template,omitempty" jsonschema:"description=Go template that makes the text of the message; its fields are those of format json such as {{.title}}"`
}

// Value is given in the document, or by a variable of the server's environment.
type Value struct {
	Value string `json:"value,omitempty"`
	Env   string `json:"env,omitempty" jsonschema:"description=name of a variable in the environment of the server"`
}

// What may be told.
const (
	OnPlan         = "plan"
	OnPlanFailed   = "plan-failed"
	OnRun          = "run-" // and its verdict
	OnInjected     = "fault-injected"
	OnReverted     = "fault-reverted"
	OnNotRecovered = "fault-not-recovered"
	OnStop         = "stop"
	OnResume       = "resume"
)

// on is all that may be told.
func on() []string {
	return []string{
		OnPlan, OnPlanFailed, OnRun + "passed", OnRun + "failed", OnRun + "inconclusive", OnRun + "aborted", OnRun + "not-run",
		OnInjected, OnReverted, OnNotRecovered, OnStop, OnResume,
	}
}

// wants says whether the notifier tells it.
func (s Spec) wants(what string) bool {
	switch {
	case len(s.On) > 0:
		return slices.Contains(s.On, what)
	case s.Format == FormatGrafana:
		return slices.Contains([]string{OnInjected, OnReverted, OnNotRecovered}, what)
	}
	return slices.Contains([]string{OnPlan, OnPlanFailed, OnRun + "failed", OnRun + "inconclusive", OnNotRecovered, OnStop, OnResume}, what)
}

// Validate reports everything that is wrong with the document.
func (d Document) Validate() events.Problems {
	found := d.Check(Kind)
	s := d.Spec
	found.Check(slices.Contains([]string{FormatSlack, FormatJSON, FormatGrafana}, s.Format), "spec.format", "is %q, want slack, json or grafana", s.Format)
	s.URL.check(&found, "spec.url", true)
	s.Token.check(&found, "spec.token", false)
	found.Check(s.Token.Value == "", "spec.token.value", "is a secret in a file: name a variable of the environment with env")
	if s.URL.Value != "" {
		found.Check(addressProblem(s.URL.Value) == "", "spec.url.value", "%s", addressProblem(s.URL.Value))
	}
	if s.Reports != "" {
		found.Check(addressProblem(s.Reports) == "", "spec.reports", "%s", addressProblem(s.Reports))
	}
	for i, what := range s.On {
		found.Check(slices.Contains(on(), what), "spec.on", "%d is %q, want one of %s", i, what, strings.Join(on(), ", "))
	}
	if _, err := s.template(); err != nil {
		found.Add("spec.template", "%s", err)
	}
	return found
}

func (v Value) check(found *events.Problems, key string, required bool) {
	found.Check(v.Value == "" || v.Env == "", key, "has both value and env")
	found.Check(!required || v != Value{}, key, "is missing: give value or env")
}

// resolve reads the value. Errors name the variable and not what it holds.
func (v Value) resolve(env func(string) string) (string, error) {
	if v.Env == "" {
		return v.Value, nil
	}
	if text := env(v.Env); text != "" {
		return text, nil
	}
	return "", events.Errorf(events.KindInvalid, "set it in the environment of the server", "the variable %s is not set", v.Env)
}

// addressProblem says why the text is no address of a web server, without repeating it.
func addressProblem(text string) string {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return "is no address that begins with http:// or https://"
	case u.User != nil:
		return "has a user or password in it: use token"
	}
	return ""
}

// template is what makes the text; nil where the document has none.
func (s Spec) template() (*template.Template, error) {
	if s.Template == "" {
		return nil, nil
	}
	t, err := template.New("message").Option("missingkey=error").Parse(s.Template)
	if err != nil {
		return nil, err
	}
	_, err = apply(t, Message{})
	return t, err
}
