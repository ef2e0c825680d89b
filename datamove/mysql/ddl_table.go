package mysql

import (
	"fmt"
	"slices"
	"strings"
)

// definition is one line between the parentheses of CREATE TABLE.
type definition struct {
	kind definitionKind
	// name is that of the column, key or constraint; PRIMARY for the primary key.
	name   string
	tokens []token
}

type definitionKind int

const (
	defineColumn definitionKind = iota
	defineKey
	defineForeign
	defineCheck
	defineOther // PERIOD FOR
)

func (d definition) text() string { return strings.TrimSpace(join(d.tokens)) }

// createTable is a CREATE TABLE statement, taken apart.
type createTable struct {
	definitions []definition
	// options are what follows the closing parenthesis, partitions included.
	options []token
}

// parseTable takes the text of SHOW CREATE TABLE apart.
func parseTable(text string) (createTable, error) {
	tokens, err := lex(text, dialect{})
	if err != nil {
		return createTable{}, err
	}
	if h, err := headerOf(tokens); err != nil {
		return createTable{}, err
	} else if h.word != "TABLE" {
		return createTable{}, fmt.Errorf("it creates a %s, no table", h.word)
	}
	open := slices.IndexFunc(tokens, func(t token) bool { return t.is("(") })
	if open < 0 {
		return createTable{}, fmt.Errorf("it has no columns")
	}
	var out createTable
	depth, begin := 1, open+1
	for i := open + 1; i < len(tokens); i++ {
		switch t := tokens[i]; {
		case t.is("("):
			depth++
		case t.is(",") && depth == 1:
			out.definitions = append(out.definitions, definitionOf(tokens[begin:i]))
			begin = i + 1
		case t.is(")"):
			if depth--; depth == 0 {
				out.definitions = append(out.definitions, definitionOf(tokens[begin:i]))
				out.options = tokens[i+1:]
				return out, nil
			}
		}
	}
	return createTable{}, fmt.Errorf("its columns have no end")
}

// definitionOf says what a definition is by its first words.
func definitionOf(tokens []token) definition {
	d := definition{kind: defineOther, tokens: tokens}
	i := after(tokens, -1)
	if i >= len(tokens) {
		return d
	}
	if tokens[i].kind == tokenName {
		d.kind = defineColumn
		d.name, _ = tokens[i].name()
		return d
	}
	if tokens[i].is("CONSTRAINT") {
		i = after(tokens, i)
		d.name = nameAt(tokens, i)
		i = after(tokens, i)
	}
	switch {
	case i >= len(tokens):
	case tokens[i].is("FOREIGN"):
		d.kind = defineForeign
	case tokens[i].is("CHECK"):
		d.kind = defineCheck
	case tokens[i].is("PRIMARY"):
		d.kind, d.name = defineKey, primaryName
	default:
		d.keyName(i)
	}
	return d
}

// keyName reads "[UNIQUE|FULLTEXT|SPATIAL|VECTOR] KEY name".
func (d *definition) keyName(i int) {
	for ; i < len(d.tokens); i = after(d.tokens, i) {
		if d.tokens[i].is("KEY") || d.tokens[i].is("INDEX") {
			d.kind = defineKey
			d.name = nameAt(d.tokens, after(d.tokens, i))
			return
		}
		if d.tokens[i].kind != tokenWord {
			return
		}
	}
}

func nameAt(tokens []token, i int) string {
	if i >= len(tokens) {
		return ""
	}
	name, _ := tokens[i].name()
	return name
}

// statement is a CREATE TABLE with the definitions that keep takes.
func (c createTable) statement(name string, ifNotExists bool, keep func(definition) bool) string {
	var lines []string
	for _, d := range c.definitions {
		if keep(d) {
			lines = append(lines, "  "+d.text())
		}
	}
	begin := "CREATE TABLE "
	if ifNotExists {
		begin += "IF NOT EXISTS "
	}
	return begin + quoteName(name) + " (\n" + strings.Join(lines, ",\n") + "\n)" + join(c.options)
}

// deferred are the names of the secondary indexes that are made after the rows, in
// their order. What must be there before: the key of chunks, indexes that foreign
// keys of either side lean on, those that begin with an AUTO_INCREMENT column, and
// FULLTEXT, SPATIAL and VECTOR ones, which a later ALTER would copy the table for.
func (t *table) deferred() []string {
	if t.engine != "InnoDB" || t.versioned {
		return nil
	}
	key, _ := t.keyIndex()
	var out []string
	for _, ix := range t.indexes {
		if ix.name == primaryName || ix.name == key.name || ix.kind != "BTREE" || t.neededEarly(ix) {
			continue
		}
		out = append(out, ix.name)
	}
	return out
}

func (t *table) neededEarly(ix index) bool {
	if c, ok := t.column(ix.parts[0].column); ok && c.autoIncrement {
		return true
	}
	for _, f := range t.foreign {
		if ix.beginsWith(f.columns) {
			return true
		}
	}
	return slices.ContainsFunc(t.referenced, ix.beginsWith)
}

// beginsWith says whether the columns are the first of the index, in any order.
func (ix index) beginsWith(columns []string) bool {
	if len(ix.parts) < len(columns) {
		return false
	}
	for _, p := range ix.parts[:len(columns)] {
		if !slices.ContainsFunc(columns, func(c string) bool { return strings.EqualFold(c, p.column) }) {
			return false
		}
	}
	return true
}
