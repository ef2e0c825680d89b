package nats

import (
	"bytes"
	"fmt"
	"strings"
)

// File is the name of the rendered file.
const File = "accounts.conf"

// Variable is the environment variable of the NATS server with the password of a user.
func (u User) Variable() string { return "NATS_PASSWORD_" + strings.ToUpper(u.Name) }

const head = `# Users of Shakedown on a NATS server, for its configuration: include "` + File + `".
# Written by "make golden"; what is wrong here is mended in users.go.
#
# Each service has a user of its own, which does what the service needs and nothing else.
# A process has one user, so run one service in each:
#
#   SHAKEDOWN_NATS=tls://envs:PASSWORD@nats:4222 shakedown serve envs --nats-inbox _INBOX.envs
#
# The user "people" is for commands that show something, "operator" for those that also ask
# for something. Passwords are variables of the server's environment, as bcrypt hashes:
# NATS_PASSWORD_ENVS='$2a$11$...', which "nats server passwd" prints. A variable that is
# missing keeps the server from starting.

accounts {
  SHAKEDOWN {
    jetstream: enabled
    users: [
`

const tail = `    ]
  }
}
`

// Render is the file with the users and their permissions.
func Render(users []User) []byte {
	var b bytes.Buffer
	b.WriteString(head)
	for _, u := range users {
		u.render(&b)
	}
	b.WriteString(tail)
	return b.Bytes()
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
