package mysql

import (
	"fmt"
	"slices"
	"strings"

	"github.com/shakedown-dev/shakedown/datamove/mysql/syntax"
)

// translate writes the definition of a table of one product in the words of the
// other. Between two of the same it changes nothing.
func (o ddlOptions) translate(tokens []syntax.Token) []syntax.Token {
	switch {
	case !o.from.mariaDB && o.to.mariaDB:
		return toMariaDB(tokens)
	case o.from.mariaDB && !o.to.mariaDB:
		return toMySQL(tokens)
	}
	return tokens
}

// toMariaDB opens MySQL's version comments that MariaDB would skip: INVISIBLE
// columns (80023) stay so, INVISIBLE indexes (80000) become IGNORED. Others of
// MySQL 5.7 and later (SRID, ENCRYPTION) are dropped; foreignTypes names those that
// matter.
func toMariaDB(tokens []syntax.Token) []syntax.Token {
	var out []syntax.Token
	for i := 0; i < len(tokens); i++ {
		t := tokens[i]
		if t.Kind != syntax.Open || t.Text < "/*!50700" || len(t.Text) != len("/*!50700") {
			out = append(out, t)
			continue
		}
		end := i
		for end < len(tokens) && tokens[end].Kind != syntax.Close {
			end++
		}
		switch inside := strings.ToUpper(strings.TrimSpace(syntax.Join(tokens[i+1 : end]))); {
		case inside == "INVISIBLE" && t.Text == "/*!80000":
			out = append(out, syntax.Token{Kind: syntax.Word, Text: "IGNORED"})
		case inside == "INVISIBLE":
			out = append(out, syntax.Token{Kind: syntax.Word, Text: "INVISIBLE"})
		}
		i = end
	}
	return out
}

// toMySQL puts expression defaults into parentheses, as MySQL wants them, and turns
// IGNORED indexes into INVISIBLE ones.
func toMySQL(tokens []syntax.Token) []syntax.Token {
	out := slices.Clone(tokens)
	for i := range out {
		switch {
		case out[i].Is("IGNORED"):
			out[i].Text = "INVISIBLE"
		case out[i].Is("DEFAULT"):
			wrapDefault(out, i)
		}
	}
	return out
}

// wrapDefault wraps "DEFAULT word(...)" but for the times that need none.
func wrapDefault(tokens []syntax.Token, i int) {
	word := syntax.After(tokens, i)
	open := syntax.After(tokens, word)
	if open >= len(tokens) || tokens[word].Kind != syntax.Word || !tokens[open].Is("(") || isTimeWord(tokens[word].Text) {
		return
	}
	depth := 0
	for j := open; j < len(tokens); j++ {
		if tokens[j].Is("(") {
			depth++
		}
		if tokens[j].Is(")") {
			depth--
		}
		if depth == 0 {
			tokens[word].Text = "(" + tokens[word].Text
			tokens[j].Text += ")"
			return
		}
	}
}

func isTimeWord(word string) bool {
	return slices.Contains([]string{"current_timestamp", "now", "localtime", "localtimestamp"}, strings.ToLower(word))
}

// foreignTypes names what the table has that the other product has not, so that the
// copy is refused before it begins. It is empty between servers of one product.
func foreignTypes(from, to flavour, t *table) []string {
	if from.mariaDB == to.mariaDB {
		return olderTypes(to, t)
	}
	var out []string
	for _, c := range t.columns {
		if why := foreignColumn(to, c); why != "" {
			out = append(out, fmt.Sprintf("column %s.%s: %s", t.id(), c.name, why))
		}
	}
	for _, ix := range t.indexes {
		if slices.ContainsFunc(ix.parts, func(p indexPart) bool { return p.expression != "" }) {
			out = append(out, fmt.Sprintf("index %s.%s: MariaDB has no indexes on expressions", t.id(), ix.name))
		}
	}
	if t.versioned {
		out = append(out, fmt.Sprintf("table %s: MySQL has no system versioning", t.id()))
	}
	return append(out, foreignWords(to, t)...)
}

// foreignObject says why a MySQL cannot hold a routine, trigger or event of a MariaDB.
func foreignObject(b object) string {
	switch {
	case b.kind == kindPackage || b.kind == kindPackageBody:
		return "MySQL has no packages"
	case strings.Contains(","+b.sqlMode+",", ",ORACLE,"):
		return "MySQL does not speak Oracle's language"
	}
	tokens, err := syntax.Lex(b.create, b.dialect())
	if err != nil || b.kind != kindFunction {
		return ""
	}
	if h, err := syntax.HeaderOf(tokens); err == nil && slices.ContainsFunc(h.Before(tokens), func(t syntax.Token) bool { return t.Is("AGGREGATE") }) {
		return "MySQL has no aggregate functions of its users"
	}
	return ""
}

// foreignColumn says why the target's product cannot hold the column.
func foreignColumn(to flavour, c column) string {
	if to.mariaDB {
		switch {
		case c.dataType == "vector":
			return "MySQL's VECTOR is laid out in another way"
		case strings.Contains(strings.ToUpper(c.extra), "NOT SECONDARY"):
			return "MariaDB has no secondary engines"
		}
		return ""
	}
	switch {
	case slices.Contains([]string{"uuid", "inet4", "inet6", "xmltype", "vector"}, c.dataType):
		return "MySQL has no type " + strings.ToUpper(c.dataType)
	case strings.Contains(strings.ToLower(c.columnType), "compressed"):
		return "MySQL has no COMPRESSED columns"
	case strings.Contains(strings.ToLower(c.fallback), "nextval(") || strings.Contains(strings.ToLower(c.fallback), "lastval("):
		return "MySQL has no sequences"
	case c.invisible && !to.atLeast(8, 0, 23):
		return "this MySQL has no invisible columns"
	}
	return ""
}

// foreignWords are clauses of the definition that only one product has.
func foreignWords(to flavour, t *table) []string {
	tokens, err := syntax.Lex(t.create, syntax.Dialect{})
	if err != nil {
		return []string{fmt.Sprintf("table %s: its definition cannot be read: %v", t.id(), err)}
	}
	var out []string
	for i := range tokens {
		for _, clause := range onlyElsewhere(to) {
			if _, ok := syntax.Follows(tokens, i, clause...); ok && tokens[i].Is(clause[0]) {
				out = append(out, fmt.Sprintf("table %s: %s has no %s", t.id(), to.product(), strings.Join(clause, " ")))
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func onlyElsewhere(to flavour) [][]string {
	if to.mariaDB {
		return [][]string{{"NOT", "ENFORCED"}, {"SRID"}, {"MEMBER", "OF"}}
	}
	return [][]string{
		{"PERIOD", "FOR"},
		{"WITHOUT", "OVERLAPS"},
		{"WITHOUT", "SYSTEM"},
		{"PAGE_COMPRESSED"},
		{"REF_SYSTEM_ID"},
		{"SYSTEM_TIME"},
	}
}

// olderTypes names types that an older server of the same product lacks.
func olderTypes(to flavour, t *table) []string {
	since := map[string][3]int{"inet6": {10, 5, 0}, "uuid": {10, 7, 0}, "inet4": {10, 10, 0}, "vector": {11, 7, 0}, "xmltype": {12, 3, 0}}
	if !to.mariaDB {
		since = map[string][3]int{"json": {5, 7, 8}, "vector": {9, 0, 0}}
	}
	var out []string
	for _, c := range t.columns {
		if v, ok := since[c.dataType]; ok && !to.atLeast(v[0], v[1], v[2]) {
			out = append(out, fmt.Sprintf("column %s.%s: %s %s has no type %s", t.id(), c.name, to.product(), to.text, strings.ToUpper(c.dataType)))
		}
	}
	return out
}
