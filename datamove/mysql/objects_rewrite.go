package mysql

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/shakedown-dev/shakedown/datamove/mysql/syntax"
)

// rewritten is an object as it is made in the target.
type rewritten struct {
	text string
	// session is the SET statement that comes before.
	session string
	// changed says what is other than in the source.
	changed []string
	// expect are the tokens that the target should show, without silent ones.
	expect []string
}

// rewrite writes an object for the target: in the chosen database, with the mapped
// definer and collations, events disabled.
func (o ddlOptions) rewrite(s *schema, b object) (rewritten, error) {
	tokens, err := syntax.Lex(b.create, b.dialect())
	if err != nil {
		return rewritten{}, fmt.Errorf("%s %s: %w", b.kind, b.id(), err)
	}
	var out rewritten
	if tokens, err = o.ownership(tokens, &out); err != nil {
		return rewritten{}, fmt.Errorf("%s %s: %w", b.kind, b.id(), err)
	}
	tokens, collations := syntax.MapCollations(tokens, o.collation)
	for _, change := range collations {
		out.changed = append(out.changed, "collation "+change)
	}
	tokens, left := syntax.MoveDatabase(tokens, b.database, o.target(b.database), s.knows(b.database))
	if left || b.unreadable(b.database) && o.target(b.database) != b.database {
		out.changed = append(out.changed, "still names database "+b.database)
	}
	if b.kind == kindEvent {
		var ran bool
		if tokens, ran, err = syntax.DisableEvent(tokens); err != nil {
			return rewritten{}, fmt.Errorf("event %s: %w", b.id(), err)
		}
		if ran {
			out.changed = append(out.changed, "disabled; ALTER EVENT "+syntax.QuoteName(o.target(b.database))+"."+syntax.QuoteName(b.name)+" ENABLE")
		}
	}
	out.text = syntax.Join(tokens)
	o.session(b, &out)
	if tokens, err = syntax.Lex(out.text, b.dialect()); err != nil {
		return rewritten{}, fmt.Errorf("%s %s: %w", b.kind, b.id(), err)
	}
	out.expect = syntax.Meaning(tokens)
	return out, nil
}

// ownership gives the statement a bare name and the target's definer.
func (o ddlOptions) ownership(tokens []syntax.Token, out *rewritten) ([]syntax.Token, error) {
	tokens, err := syntax.Rename(tokens)
	if err != nil {
		return nil, err
	}
	tokens, was, err := syntax.Redefine(tokens, o.definer)
	if err == nil && was != "" && was != o.definer {
		out.changed = append(out.changed, "definer "+was+" → "+o.definer)
	}
	return tokens, err
}

// unreadable says whether a name cannot be found in the text, because that is not in
// UTF-8.
func (o object) unreadable(name string) bool {
	legacy := o.charset != "" && !strings.HasPrefix(o.charset, "utf8")
	return legacy && strings.ContainsFunc(name, func(r rune) bool { return r > 0x7f })
}

// session sets what the object's text depends on.
func (o ddlOptions) session(b object, out *rewritten) {
	mode, dropped := o.sqlMode(b.sqlMode)
	if dropped != "" {
		out.changed = append(out.changed, "sql_mode without "+dropped)
	}
	set := []string{"sql_mode = '" + mode + "'"}
	if b.kind == kindView || b.kind == kindSequence {
		set[0] = "sql_mode = '" + sessionMode + "'"
	}
	if b.charset != "" {
		set = append(set, "character_set_client = '"+b.charset+"'")
	}
	if b.connection != "" {
		to := o.collation(b.connection)
		set = append(set, "collation_connection = '"+to+"'")
		if to != b.connection {
			out.changed = append(out.changed, "collation "+b.connection+" → "+to)
		}
	}
	if b.timeZone != "" {
		set = append(set, "time_zone = '"+b.timeZone+"'")
	}
	out.session = "SET " + strings.Join(set, ", ")
}

// sqlMode leaves out the modes that the target's product does not know.
func (o ddlOptions) sqlMode(mode string) (kept, dropped string) {
	unknown := []string{"TIME_TRUNCATE_FRACTIONAL"}
	if !o.to.mariaDB {
		unknown = []string{
			"NO_AUTO_CREATE_USER", "NO_FIELD_OPTIONS", "NO_KEY_OPTIONS", "NO_TABLE_OPTIONS", "EMPTY_STRING_IS_NULL",
			"SIMULTANEOUS_ASSIGNMENT", "TIME_ROUND_FRACTIONAL", "IGNORE_BAD_TABLE_OPTIONS", "DB2", "MAXDB", "MSSQL", "MYSQL323",
			"MYSQL40", "ORACLE", "POSTGRESQL",
		}
	}
	var keep, drop []string
	for word := range strings.SplitSeq(mode, ",") {
		switch {
		case word == "":
		case slices.Contains(unknown, word):
			drop = append(drop, word)
		default:
			keep = append(keep, word)
		}
	}
	return strings.Join(keep, ","), strings.Join(drop, ",")
}

// byMention puts views after those that their text names.
func byMention(views []object) []object {
	byName := map[string]int{}
	for i, v := range views {
		byName[v.name] = i
	}
	var out []object
	state := make([]int, len(views))
	var visit func(i int)
	visit = func(i int) {
		if state[i] != 0 {
			return
		}
		state[i] = 1
		tokens, err := syntax.Lex(views[i].create, views[i].dialect())
		if err != nil {
			tokens = nil
		}
		for _, t := range tokens {
			if name, ok := t.Identifier(); ok {
				if j, known := byName[name]; known {
					visit(j)
				}
			}
		}
		out = append(out, views[i])
	}
	for i := range views {
		visit(i)
	}
	return out
}

func tableStatusCounter(row record) uint64 {
	n, err := strconv.ParseUint(row["AUTO_INCREMENT"], 10, 64)
	if err != nil {
		return 0
	}
	return n
}
