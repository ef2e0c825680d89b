package mysql

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/datamove/mysql/syntax"
)

// grant is one line of SHOW GRANTS. It holds nothing of how the account is proven.
type grant struct {
	rights []string
	// database is a pattern, * for all; table is * for all.
	database, table string
}

// readGrants are the rights of the session's account and of its active roles.
func readGrants(ctx context.Context, q querier) ([]grant, error) {
	rows, err := q.QueryContext(ctx, showGrants(ctx, q))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []grant
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			return nil, err
		}
		if g, ok := parseGrant(line); ok {
			out = append(out, g)
		}
	}
	return out, rows.Err()
}

// showGrants asks MySQL for the rights of roles as well, which MariaDB shows unasked.
// MySQL prints the roles as the statement wants them: "`a`@`%`,`b`@`%`".
func showGrants(ctx context.Context, q querier) string {
	var roles sql.NullString
	err := q.QueryRowContext(ctx, "SELECT CURRENT_ROLE()").Scan(&roles)
	if err != nil || !strings.HasPrefix(roles.String, "`") {
		return "SHOW GRANTS" // a server without roles, or none of them, or MariaDB
	}
	return "SHOW GRANTS FOR CURRENT_USER() USING " + roles.String
}

// parseGrant reads "GRANT a, b c ON `x`.* TO ...". Roles and routines are no grants here.
func parseGrant(line string) (grant, bool) {
	tokens, err := syntax.Lex(line, syntax.Dialect{})
	if err != nil || len(tokens) == 0 || !tokens[0].Is("GRANT") {
		return grant{}, false
	}
	var g grant
	var words []string
	depth := 0
	for i := syntax.After(tokens, 0); i < len(tokens); i = syntax.After(tokens, i) {
		switch t := tokens[i]; {
		case t.Is("ON"):
			g.rights = append(g.rights, strings.ToUpper(strings.Join(words, " ")))
			return g, g.on(tokens, syntax.After(tokens, i))
		case t.Is("("):
			depth++ // rights on single columns
			words = append(words, "(COLUMNS)")
		case t.Is(")"):
			depth--
		case depth > 0:
		case t.Is(","):
			g.rights = append(g.rights, strings.ToUpper(strings.Join(words, " ")))
			words = nil
		default:
			words = append(words, t.Text)
		}
	}
	return grant{}, false
}

// on reads what the rights are for: *.*, `db`.* or `db`.`table`.
func (g *grant) on(tokens []syntax.Token, i int) bool {
	dot := syntax.After(tokens, i)
	object := syntax.After(tokens, dot)
	if object >= len(tokens) || !tokens[dot].Is(".") {
		return false
	}
	g.database, g.table = "*", "*"
	if name, ok := tokens[i].Identifier(); ok {
		g.database = name
	}
	if name, ok := tokens[object].Identifier(); ok {
		g.table = name
	}
	return true
}

// covers says whether the grant is for the whole database.
func (g grant) covers(database string) bool {
	return g.table == "*" && (g.database == "*" || likes(g.database, database))
}

// likes compares with a pattern of GRANT: % for any text, _ for one character, \ before
// them takes the meaning away.
func likes(pattern, name string) bool {
	var glob strings.Builder
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case c == '\\' && i+1 < len(pattern):
			i++
			glob.WriteString(`\` + pattern[i:i+1])
		case c == '%':
			glob.WriteByte('*')
		case c == '_':
			glob.WriteByte('?')
		case c == '*' || c == '?':
			glob.WriteString(`\` + string(c))
		default:
			glob.WriteByte(c)
		}
	}
	return datamove.Fits(glob.String(), name)
}

// missing are those of the rights that no grant for the database holds. An empty
// database means global rights.
func missing(grants []grant, database string, rights ...string) []string {
	return slices.DeleteFunc(slices.Clone(rights), func(right string) bool {
		return slices.ContainsFunc(grants, func(g grant) bool {
			if !slices.Contains(g.rights, right) && !slices.Contains(g.rights, "ALL PRIVILEGES") {
				return false
			}
			return g.database == "*" && g.table == "*" || database != "" && g.covers(database)
		})
	})
}

// grantHint is the statement that gives the rights.
func grantHint(account, database string, rights []string) string {
	on := "*.*"
	if database != "" {
		on = syntax.QuoteName(database) + ".*"
	}
	return "GRANT " + strings.Join(rights, ", ") + " ON " + on + " TO " + syntax.QuoteAccount(account)
}

func currentUser(ctx context.Context, q querier) (string, error) {
	var user string
	err := q.QueryRowContext(ctx, "SELECT CURRENT_USER()").Scan(&user)
	return user, err
}

// sourceRights: what an account may not see is not there for it, so that missing
// rights would silently lose objects.
func (p *inspector) sourceRights(ctx context.Context) error {
	grants, err := readGrants(ctx, p.from)
	user, userErr := currentUser(ctx, p.from)
	if err = errors.Join(err, userErr); err != nil {
		return err
	}
	for _, d := range p.source.databases {
		if lacks := missing(grants, d.name, "SELECT"); len(lacks) > 0 {
			p.partialRead(grants, user, d.name)
		}
		for right, what := range map[string]string{"SHOW VIEW": "views", "TRIGGER": "triggers", "EVENT": "events"} {
			if len(missing(grants, d.name, right)) > 0 {
				why := user + " has no right " + right + " there, so that none can be seen"
				p.leaveOut(what+" of "+d.name, why)
				p.add(datamove.Warning, "rights", grantHint(user, d.name, []string{right}), "source database %s: %s cannot be seen without the right %s", d.name, what, right)
			}
		}
		p.routineRights(grants, user, d.name)
	}
	return nil
}

// partialRead says whether an account has rights on some tables, or none.
func (p *inspector) partialRead(grants []grant, user, database string) {
	hint := grantHint(user, database, []string{"SELECT", "SHOW VIEW", "TRIGGER", "EVENT"})
	for _, g := range grants {
		if g.table != "*" && g.database == database {
			p.add(datamove.Warning, "rights", hint, "source database %s: %s may read some tables only; the others are not there for the copy", database, user)
			p.leaveOut("tables of "+database+" without the right SELECT", user+" cannot see them")
			return
		}
	}
	p.add(datamove.Refusal, "rights", hint, "source database %s: %s lacks the right SELECT", database, user)
}

// routineRights: routines show to who may call them, their text to fewer.
func (p *inspector) routineRights(grants []grant, user, database string) {
	global := []string{"SELECT", "SHOW CREATE ROUTINE", "SHOW_ROUTINE"}
	if len(missing(grants, database, "EXECUTE")) == 0 || len(missing(grants, "", global...)) < len(global) ||
		len(missing(grants, "mysql", "SELECT")) == 0 {
		return
	}
	p.leaveOut("routines of "+database, user+" has no right EXECUTE there, so that none can be seen")
	p.add(datamove.Warning, "rights", grantHint(user, database, []string{"EXECUTE"}), "source database %s: routines cannot be seen without the right EXECUTE", database)
}

// targetRights are those of what the copy is going to do.
func (p *inspector) targetRights(ctx context.Context) error {
	grants, err := readGrants(ctx, p.to)
	user, userErr := currentUser(ctx, p.to)
	if err = errors.Join(err, userErr); err != nil {
		return err
	}
	for _, d := range p.source.databases {
		name := p.options.target(d.name)
		if lacks := missing(grants, name, p.rightsToWrite()...); len(lacks) > 0 {
			p.add(datamove.Refusal, "rights", grantHint(user, name, lacks), "target database %s: %s lacks the rights %s", name, user, strings.Join(lacks, ", "))
		}
	}
	setters := []string{"SUPER", "SET USER", "SET_USER_ID", "SET_ANY_DEFINER"}
	if p.options.definer != user && len(p.source.objects()) > len(p.source.sequences) && len(missing(grants, "", setters...)) == len(setters) {
		right := map[bool]string{true: "SET USER", false: "SET_ANY_DEFINER"}[p.options.to.mariaDB]
		p.add(datamove.Refusal, "rights", grantHint(user, "", []string{right}), "target: %s may not make objects of definer %s", user, p.options.definer)
	}
	return nil
}

func (p *inspector) rightsToWrite() []string {
	rights := []string{"SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "ALTER", "INDEX", "REFERENCES"}
	for _, more := range []struct {
		objects []object
		rights  []string
	}{
		{p.source.views, []string{"CREATE VIEW", "SHOW VIEW"}},
		{p.source.routines, []string{"CREATE ROUTINE", "ALTER ROUTINE", "EXECUTE"}},
		{p.source.triggers, []string{"TRIGGER"}},
		{p.source.events, []string{"EVENT"}},
	} {
		if len(more.objects) > 0 {
			rights = append(rights, more.rights...)
		}
	}
	return rights
}
