package nats

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// File is the name of the rendered file.
const File = "accounts.conf"

// Variable is the environment variable of the NATS server with the password of a user.
func (u User) Variable() string { return "NATS_PASSWORD_" + strings.ToUpper(u.Name) }

const head = `# Users of Shakedown on a NATS server, for its configuration: include "` + File + `".
# Written by "make golden"; what is wrong here is mended in users.go.
#
# Each service has a user of its own, which may do what the service needs.
# A process has one user, so run one service in each:
#
#   SHAKEDOWN_NATS=tls://envs:PASSWORD@nats:4222 shakedown serve envs --nats-inbox _INBOX.envs
#
# The user "people" is for commands that show something, "operator" for those that also ask
# for something. They have an account of their own, which imports what they may ask: an answer
# goes back to that account, wherever the question says.
#
#   SHAKEDOWN_NATS=tls://people:PASSWORD@nats:4222 \
#     shakedown events watch --nats-inbox _INBOX.people --nats-api shakedown.api
#
# Passwords are variables of the server's environment, as bcrypt hashes:
# NATS_PASSWORD_ENVS='$2a$11$...', which "nats server passwd" prints. A variable that is
# missing keeps the server from starting.

accounts {
`

// Render is the file with the users and their permissions.
func Render(users []User) []byte {
	var services, persons []User
	var asked []string
	for _, u := range users {
		if u.Serves {
			services = append(services, u)
			continue
		}
		persons = append(persons, u)
		asked = append(asked, each(u.publishes(), func(g grant) []string { return g.subjects })...)
	}
	slices.Sort(asked)
	asked = slices.Compact(asked)
	var b bytes.Buffer
	b.WriteString(head)
	renderAccount(&b, "SHAKEDOWN", "jetstream: enabled\n    exports", services, each(asked, func(s string) []string {
		return []string{fmt.Sprintf("{service: %q, accounts: [PEOPLE]}", original(s))}
	}))
	renderAccount(&b, "PEOPLE", "imports", persons, each(asked, func(s string) []string {
		return []string{fmt.Sprintf("{service: {account: SHAKEDOWN, subject: %q}, to: %q}", original(s), s)}
	}))
	b.WriteString("}\n")
	return b.Bytes()
}

// original is how a subject of the account of people is called in that of the services.
func original(subject string) string {
	if rest, ok := strings.CutPrefix(subject, peopleAPI); ok {
		return api + rest
	}
	return subject
}

func renderAccount(b *bytes.Buffer, name, shares string, users []User, shared []string) {
	fmt.Fprintf(b, "  %s {\n    %s: [\n", name, shares)
	for _, s := range shared {
		fmt.Fprintf(b, "      %s\n", s)
	}
	b.WriteString("    ]\n    users: [\n")
	for _, u := range users {
		u.render(b)
	}
	b.WriteString("    ]\n  }\n")
}

func (u User) render(b *bytes.Buffer) {
	fmt.Fprintf(b, "      # %s\n      {\n        user: %s, password: $%s\n        permissions: {\n          publish: {\n            allow: [\n", u.About, u.Name, u.Variable())
	for _, g := range u.publishes() {
		fmt.Fprintf(b, "              # %s\n", g.about)
		renderList(b, g.subjects)
	}
	b.WriteString("            ]\n")
	if denied := u.denied(); len(denied) > 0 {
		b.WriteString("            # the consumers of the groups of others\n            deny: [\n")
		renderList(b, denied)
		b.WriteString("            ]\n")
	}
	b.WriteString("          }\n          subscribe: {\n            allow: [\n")
	renderList(b, u.subscribes())
	b.WriteString("            ]\n          }\n        }\n      }\n")
}

func renderList(b *bytes.Buffer, subjects []string) {
	for _, s := range subjects {
		fmt.Fprintf(b, "              %q\n", s)
	}
}
