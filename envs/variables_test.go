package envs

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestVariablesArriveAsWritten: Kubernetes puts in other variables for $(NAME) where they
// stand before, and makes one dollar of two. It must not do so with ours.
func TestVariablesArriveAsWritten(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		"DB_URL": "mysql://$(DB_USER)@db/$(ZONE)", "DB_USER": "app", "ZONE": "eu", "Z_URL": "$(ZONE)", "PRICE": "$(5)", "COST": "$$(ZONE)",
		"END": "5$", "MANY": "$$$$(", "SHELL": "$HOME ${HOME}",
	}
	d := shop()
	d.Spec.Components = map[string]Component{"api": {Image: "shop:v1", Env: texts(want)}}
	got := map[string]string{}
	for _, v := range variables(t, d.WithDefaults().Objects(made(), "now")) {
		got[v.Name] = expand(v.Value, got)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what arrives (-want +got):\n%s", diff)
	}
}

func texts(values map[string]string) map[string]Variable {
	all := map[string]Variable{}
	for name, text := range values {
		all[name] = Variable{Text: text}
	}
	return all
}

type variable struct {
	Name, Value string
	ValueFrom   struct{ SecretKeyRef struct{ Name, Key string } }
}

// variables are those of the first container of the first Deployment.
func variables(t *testing.T, objects []Object) []variable {
	t.Helper()
	var m struct {
		Spec struct {
			Template struct {
				Spec struct{ Containers []struct{ Env []variable } }
			}
		}
	}
	if err := json.Unmarshal(objects[1].Manifest, &m); err != nil {
		t.Fatal(err)
	}
	return m.Spec.Template.Spec.Containers[0].Env
}

// expand is what Kubernetes makes of a value when the variables before it are known.
//
// Source: https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/
func expand(value string, known map[string]string) string {
	return regexp.MustCompile(`\$\$|\$\([^)]*\)`).ReplaceAllStringFunc(value, func(found string) string {
		if found == "$$" {
			return "$"
		}
		if text, ok := known[found[2:len(found)-1]]; ok {
			return text
		}
		return found
	})
}

// TestVariableOfASecret: the container gets a reference.
func TestVariableOfASecret(t *testing.T) {
	t.Parallel()
	d, err := Parse([]byte(`{"apiVersion":"shakedown.dev/v1","kind":"Environment","metadata":{"name":"shop"},
		"spec":{"components":{"api":{"image":"shop:v1","env":{"DB_PASSWORD":{"secret":"shop-db","key":"password"}}}}}}`))
	if err != nil || len(d.Validate()) > 0 {
		t.Fatal(err, d.Validate())
	}
	got := variables(t, d.WithDefaults().Objects(made(), "now"))
	if len(got) != 1 || got[0].Value != "" || got[0].ValueFrom.SecretKeyRef != struct{ Name, Key string }{"shop-db", "password"} {
		t.Errorf("variables %+v", got)
	}
	if raw := string(mustJSON(d.Spec.Components["api"].Env)); raw != `{"DB_PASSWORD":{"secret":"shop-db","key":"password"}}` {
		t.Errorf("written again: %s", raw)
	}
}

// TestVariableOfAnotherType: what is no string and no Secret is said by key.
func TestVariableOfAnotherType(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		`8080`: "number, want string", `true`: "bool, want string", `[]`: "array, want string", `null`: "null, want string",
		`{}`: "empty object, want string", `{"secret":"","key":""}`: "empty object, want string",
		`{"secret":"a","name":"b"}`: "unknown field", `{"secret":1,"key":"a"}`: "want string",
	} {
		_, err := Parse([]byte(`{"apiVersion":"shakedown.dev/v1","kind":"Environment","metadata":{"name":"shop"},
			"spec":{"components":{"api":{"image":"shop:v1","env":{"A":` + value + `}}}}}`))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", value, err)
		}
	}
}

// TestNoTextInTheNamespace: who may read the namespace reads no variable.
func TestNoTextInTheNamespace(t *testing.T) {
	t.Parallel()
	d := shop()
	d.Spec.Components = map[string]Component{"api": {Image: "shop:v1", Env: texts(map[string]string{"GREETING": "canary-text"})}}
	namespace := d.WithDefaults().Objects(made(), "now")[0]
	if strings.Contains(string(namespace.Manifest), "canary-text") {
		t.Errorf("namespace %s", namespace.Manifest)
	}
	if d.Spec.Components["api"].Env["GREETING"].Text != "canary-text" {
		t.Error("the document was changed")
	}
}

// TestSecretsAreNoTexts: what looks like a secret is refused with the way out.
func TestSecretsAreNoTexts(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, value string
		refused     bool
	}{
		{"DB_PASSWORD", "canary", true},
		{"githubToken", "canary", true},
		{"STRIPE_API_KEY", "canary", true},
		{"aws.secret.access-key", "canary", true},
		{"DB_URL", "mysql://app:canary@db/shop", true},
		{"JDBC", "jdbc:mysql://app:canary%@db1:3306,db2:3306/shop", true},
		{"PEM", "-----BEGIN EC PRIVATE KEY-----\ncanary", true},
		{"DSN", "app:canary@tcp(db:3306)/shop", true},
		{"DSN", "app:canary/b@unix(/run/mysql.sock)/shop", true},
		{"DSN", "host=db user=app password=canary sslmode=disable", true},
		{"DSN", "Server=db;User Id=app;Pwd=canary;", true},
		{"JDBC", "jdbc:mysql://db/shop?user=app&password=canary", true},
		{"HOOK", "https://chat.example/send?room=1&access_token=canary", true},
		{"DB_PASS", "canary", true},
		{"smtpPass", "canary", true},
		{"MYSQL_PWD", "canary", true},
		{"SECRET_KEY_BASE", "canary", true},
		{"DSN", "app@tcp(db:3306)/shop", false},
		{"DSN", "host=db user=app password=$(PW)", false},
		{"DSN", "host=db user=app password=${PW}", false},
		{"MAIL_TO", "ann:ops@example.com", false},
		{"NOTE", "orders: mail bob@shop.example (sales)", false},
		{"BYPASS", "localhost", false},
		{"PWD", "/srv", false},
		{"DB_URL", "mysql://app@db/shop", false},
		{"DB_URL", "mysql://app:$(PW)@db/shop", false},
		{"MAIL", "http://shop/?to=a:b@example.com", false},
		{"DB_PASSWORD_FILE", "/run/secrets/db", false},
		{"TOKEN_TTL", "60", false},
		{"ALLOW_EMPTY_PASSWORD", "yes", false},
		{"DB_PASSWORD", "", false},
	} {
		d := shop()
		d.Spec.Components = map[string]Component{"api": {Image: "shop:v1", Env: texts(map[string]string{tc.name: tc.value})}}
		checkSecret(t, tc.name+"="+tc.value, d, "env."+tc.name, tc.refused)
		d.Spec.Components = map[string]Component{"api": {Image: "shop:v1", Args: []string{"serve", "--" + tc.name + "=" + tc.value}}}
		checkSecret(t, "--"+tc.name+"="+tc.value, d, "args[1]", tc.refused)
		d.Spec.Components = map[string]Component{"api": {Image: "shop:v1", Command: []string{"shop", "--" + tc.name, tc.value}}}
		checkSecret(t, "--"+tc.name+" "+tc.value, d, "command[2]", tc.refused)
	}
}

func checkSecret(t *testing.T, what string, d Document, key string, refused bool) {
	t.Helper()
	problems := d.Validate()
	text := fmt.Sprint(problems)
	if refused != (len(problems) == 1) || strings.Contains(text, "canary") {
		t.Errorf("%s: %s", what, text)
	}
	if refused && (!strings.Contains(text, "spec.components.api."+key) || !strings.Contains(text, "{secret: NAME, key: KEY}")) {
		t.Errorf("%s: %s", what, text)
	}
}
