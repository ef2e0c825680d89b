package envs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"unicode"

	"github.com/shakedown-dev/shakedown/events"
)

// Variable is what an environment variable of a component holds: a text as it is
// written, or a key of a Secret in the environment's namespace, whose value nobody but
// the container sees.
type Variable struct {
	Text   string `json:"-"`
	Secret string `json:"secret"`
	Key    string `json:"key"`
}

// keyOfSecret is a Variable that is no text, without methods.
type keyOfSecret Variable

// Shorthand is where the text goes in a file that has one in place of fields.
func (v *Variable) Shorthand() *string { return &v.Text }

func (v Variable) isText() bool { return v.Secret == "" && v.Key == "" }

// MarshalJSON writes the variable as UnmarshalJSON reads it.
func (v Variable) MarshalJSON() ([]byte, error) {
	if v.isText() {
		return json.Marshal(v.Text)
	}
	return json.Marshal(keyOfSecret(v))
}

// UnmarshalJSON takes a string, or an object with secret and key.
func (v *Variable) UnmarshalJSON(raw []byte) error {
	*v = Variable{}
	switch raw[0] {
	case '"':
		return json.Unmarshal(raw, &v.Text)
	case '{':
		decoder := json.NewDecoder(bytes.NewReader(raw))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode((*keyOfSecret)(v)); err != nil || *v != (Variable{}) {
			return err
		}
		return &json.UnmarshalTypeError{Value: "empty object", Type: reflect.TypeFor[string]()}
	}
	return &json.UnmarshalTypeError{Value: jsonKind(raw[0]), Type: reflect.TypeFor[string]()}
}

// jsonKind is what JSON calls a value that begins with the letter and is neither a
// string nor an object.
func jsonKind(first byte) string {
	switch first {
	case 't', 'f':
		return "bool"
	case '[':
		return "array"
	case 'n':
		return "null"
	}
	return "number"
}

// manifest is the variable in a container. Kubernetes makes one dollar of two, and
// puts in those variables for $(NAME) that stand before: a text arrives as it is.
func (v Variable) manifest(name string) fields {
	if v.isText() {
		return fields{"name": name, "value": strings.ReplaceAll(v.Text, "$", "$$")}
	}
	return fields{"name": name, "valueFrom": fields{"secretKeyRef": fields{"name": v.Secret, "key": v.Key}}}
}

// withoutTexts is the document with a digest in place of each variable's text, for
// those who may read the namespace and not the pods.
func (d Document) withoutTexts() Document {
	d.Spec.Components = maps.Clone(d.Spec.Components)
	for name, c := range d.Spec.Components {
		c.Env = maps.Clone(c.Env)
		for k, v := range c.Env {
			if v.isText() {
				c.Env[k] = Variable{Text: "digest " + events.Digest(v.Text)}
			}
		}
		d.Spec.Components[name] = c
	}
	return d
}

func (c *checker) variables(key string, env map[string]Variable) {
	for _, name := range slices.Sorted(maps.Keys(env)) {
		at, v := key+"."+name, env[name]
		c.Check(isVariable(name), at, "%q is not the name of an environment variable", name)
		if v.isText() {
			c.Check(!isSecret(name, v.Text), at, "holds what looks like a secret, which events and objects would keep; %s", secretHint(name))
			continue
		}
		c.Check(isDomain(v.Secret), at+".secret", "%q is not the name of a Secret", v.Secret)
		c.Check(isSecretKey(v.Key), at+".key", "%q is not a key of a Secret: want letters, digits, '.', '-' and '_'", v.Key)
	}
}

func (c *checker) arguments(key string, args []string) {
	for i, arg := range args {
		name, value, _ := strings.Cut(strings.TrimLeft(arg, "-"), "=")
		if i > 0 && value == "" && !strings.HasPrefix(arg, "-") {
			name, value = strings.TrimLeft(args[i-1], "-"), arg
		}
		c.Check(!isSecret(name, value) && !isPrivateKey(arg), fmt.Sprintf("%s[%d]", key, i),
			"holds what looks like a secret; name a variable from a Secret, as $(NAME), and %s", secretHint("NAME"))
	}
}

func secretHint(name string) string {
	return "put it into a Secret and name that: env: {" + name + ": {secret: NAME, key: KEY}}"
}

// isSecret says whether what is called so, and has the value, looks like something
// that not everybody should read.
func isSecret(name, value string) bool {
	password := passwordOf(value)
	return isPrivateKey(value) || password != "" && !isReference(password) || hasSecretName(name) && !isHarmless(value) || hasSecretPart(value)
}

// hasSecretPart says whether a part of the text gives something a secret's name, as the
// query of a URL or a list of settings does: "host=db password=x", "Server=db;Pwd=x".
func hasSecretPart(text string) bool {
	parts := strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune("?&;,", r) })
	return slices.ContainsFunc(parts, func(part string) bool {
		name, value, given := strings.Cut(part, "=")
		return given && hasSecretName(name) && !isHarmless(value)
	})
}

func isPrivateKey(text string) bool { return strings.Contains(text, "PRIVATE KEY-----") }

// passwordOf is the password in what looks like a URL, also in one that is wrong or
// has several hosts, or like an address of Go's driver for MySQL: user:password@tcp(host).
func passwordOf(text string) string {
	_, rest, isURL := strings.Cut(text, "://")
	authority, _, _ := strings.Cut(rest, "/")
	if !isURL {
		authority = text
	}
	at := strings.LastIndexByte(authority, '@')
	if at < 0 || !isURL && !isNetwork(authority[at+1:]) {
		return ""
	}
	_, password, _ := strings.Cut(authority[:at], ":")
	return password
}

// isNetwork says whether an address begins as tcp(host:3306) does.
func isNetwork(address string) bool {
	name, _, found := strings.Cut(address, "(")
	return found && !strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// hasSecretName says whether the last words of a name are those of secrets: of
// PASSWORD_FILE or TOKEN_TTL they are not.
func hasSecretName(name string) bool {
	squeezed := strings.ToLower(strings.NewReplacer("_", "", "-", "", ".", "").Replace(name))
	return isShortForPassword(name) || slices.ContainsFunc([]string{
		"password", "passwd", "passphrase", "secret", "token", "apikey", "accesskey", "secretkey", "privatekey", "credentials",
		"secretkeybase", "encryptionkey", "signingkey", "masterkey",
	}, func(word string) bool { return strings.HasSuffix(squeezed, word) })
}

// isShortForPassword says whether the last word of a name is pass or pwd: of BYPASS it is
// not, and PWD alone is where a shell is.
func isShortForPassword(name string) bool {
	word := strings.ToLower(name[strings.LastIndexAny(name, "_-.")+1:])
	camel := strings.HasSuffix(name, "Pass") || strings.HasSuffix(name, "Pwd")
	return word == "pass" || word == "pwd" && name != "PWD" || camel
}

// isHarmless says whether a value is a switch, a reference to a variable, or nothing.
func isHarmless(value string) bool {
	return isReference(value) || slices.Contains([]string{"", "0", "1", "true", "false", "yes", "no"}, strings.ToLower(value))
}

func isReference(value string) bool {
	return strings.HasPrefix(value, "$(") && strings.HasSuffix(value, ")") || strings.HasPrefix(value, "${") && strings.HasSuffix(value, "}")
}
