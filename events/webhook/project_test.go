package webhook_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/shakedown-dev/shakedown/events/webhook"
)

// TestSecretsBelongToProjects: the secret of a project speaks for no other project, and
// a project with secrets of its own is spoken for by no other secret.
func TestSecretsBelongToProjects(t *testing.T) {
	for name, test := range map[string]struct {
		secret, project string
		status          int
	}{
		"own":                          {"of shop", "shop", 202},
		"own, the next one":            {"next of shop", "shop", 202},
		"another's":                    {"of bank", "shop", 403},
		"of a project for one without": {"of bank", "barn", 403},
		"shared":                       {secret, "barn", 202},
		"shared for one with its own":  {secret, "shop", 403},
		"unknown":                      {"guess", "shop", 401},
		"empty":                        {"", "barn", 401},
	} {
		t.Run(name, func(t *testing.T) {
			stored, status, r := postAs(t, test.secret, test.project)
			if status != test.status || stored != (status == http.StatusAccepted) {
				t.Errorf("got %d %+v, stored: %v; want %d", status, r, stored, test.status)
			}
			if status == http.StatusForbidden && (r.Hint == "" || strings.Contains(r.Error+r.Hint, "bank")) {
				t.Errorf("the answer is %+v", r)
			}
		})
	}
}

// postAs posts a build of the project to a server with secrets of three projects.
func postAs(t *testing.T, by, project string) (stored bool, status int, r reply) {
	t.Helper()
	bus := &fakeBus{}
	h := webhook.New(webhook.Config{Bus: bus, Secrets: []string{secret}, Now: noon, Projects: map[string][]string{
		"shop": {"of shop", "next of shop"}, "bank": {"of bank"}, "barn": {""},
	}})
	body := strings.Replace(good, `"project":"shop"`, `"project":"`+project+`"`, 1)
	response, r := post(t, h, http.MethodPost, body, webhook.Sign(by, noon(), []byte(body)))
	return len(bus.got) == 1, response.Code, r
}
