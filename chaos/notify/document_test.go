package notify

import (
	"strings"
	"testing"

	"github.com/shakedown-dev/shakedown/events"
)

func document(change func(*Spec)) Document {
	d := Document{Header: events.Header{APIVersion: events.APIVersion, Kind: Kind}}
	d.Metadata.Name = "team"
	d.Spec = Spec{Format: FormatSlack, URL: Value{Env: "URL"}}
	if change != nil {
		change(&d.Spec)
	}
	return d
}

func TestValidate(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(*Spec)
		want   string
	}{
		{"whole", nil, ""},
		{"a literal address", func(s *Spec) { s.URL = Value{Value: "http://127.0.0.1:3000"} }, ""},
		{"no format", func(s *Spec) { s.Format = "" }, `spec.format: is "", want slack, json or grafana`},
		{"no address", func(s *Spec) { s.URL = Value{} }, "spec.url: is missing"},
		{"two addresses", func(s *Spec) { s.URL.Value = "http://a" }, "spec.url: has both value and env"},
		{"no web address", func(s *Spec) { s.URL = Value{Value: "file:///etc/passwd"} }, "spec.url.value: is no address that begins with http"},
		{"a password in it", func(s *Spec) { s.URL = Value{Value: "https://u:canary@a/"} }, "spec.url.value: has a user or password in it"},
		{"a literal token", func(s *Spec) { s.Token = Value{Value: "canary"} }, "spec.token.value: is a secret in a file"},
		{"an unknown word", func(s *Spec) { s.On = []string{"plan", "lunch"} }, `spec.on: 1 is "lunch", want one of plan, `},
		{"reports nowhere", func(s *Spec) { s.Reports = "shakedown.example" }, "spec.reports: is no address"},
		{"a template that does not parse", func(s *Spec) { s.Template = "{{.title" }, "spec.template: "},
		{"a template with an unknown field", func(s *Spec) { s.Template = "{{.titel}}" }, "spec.template: "},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := document(tc.change).Validate().Error()
			if tc.want == "" && got != "" || !strings.Contains(got, tc.want) || strings.Contains(got, "canary") {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

// TestWhatIsTold without a list is what is not as it should be, and the faults in Grafana.
func TestWhatIsTold(t *testing.T) {
	told := func(s Spec) (all []string) {
		for _, what := range on() {
			if s.wants(what) {
				all = append(all, what)
			}
		}
		return all
	}
	for _, tc := range []struct {
		spec Spec
		want string
	}{
		{Spec{Format: FormatSlack}, "plan plan-failed run-failed run-inconclusive fault-not-recovered stop resume"},
		{Spec{Format: FormatGrafana}, "fault-injected fault-reverted fault-not-recovered"},
		{Spec{Format: FormatGrafana, On: []string{"stop"}}, "stop"},
	} {
		if got := strings.Join(told(tc.spec), " "); got != tc.want {
			t.Errorf("%+v tells %q, want %q", tc.spec, got, tc.want)
		}
	}
}

// TestSecretsAreNamedOnly: an error has the name of the variable.
func TestSecretsAreNamedOnly(t *testing.T) {
	for value, want := range map[string]string{
		"":                         "notifier team: spec.url: the variable URL is not set",
		"hooks.example/canary":     "notifier team: spec.url: the value is no address",
		"https://u:canary@example": "notifier team: spec.url: the value has a user or password",
	} {
		_, err := newTarget(document(nil), func(string) string { return value })
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%q: %v", value, err)
		}
	}
}
