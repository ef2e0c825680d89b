package syntax

import (
	"fmt"
	"slices"
	"strings"
)

// Definition is one line between the parentheses of CREATE TABLE.
type Definition struct {
	Kind DefinitionKind
	// name is that of the column, key or constraint; PRIMARY for the primary key.
	Name   string
	Tokens []Token
}

// DefinitionKind is what a definition is of.
type DefinitionKind int

// The kinds of definitions.
const (
	DefineColumn DefinitionKind = iota
	DefineKey
	DefineForeign
	DefineCheck
	DefineOther // PERIOD FOR
)

// Text is the definition as it stands in the statement.
func (d Definition) Text() string { return strings.TrimSpace(Join(d.Tokens)) }

// CreateTable is a CREATE TABLE statement, taken apart.
type CreateTable struct {
	Definitions []Definition
	// options are what follows the closing parenthesis, partitions included.
	Options []Token
}

// ParseTable takes the text of SHOW CREATE TABLE apart.
func ParseTable(text string) (CreateTable, error) {
	tokens, err := Lex(text, Dialect{})
	if err != nil {
		return CreateTable{}, err
	}
	if h, err := HeaderOf(tokens); err != nil {
		return CreateTable{}, err
	} else if h.Word != "TABLE" {
		return CreateTable{}, fmt.Errorf("it creates a %s, no table", h.Word)
	}
	open := slices.IndexFunc(tokens, func(t Token) bool { return t.Is("(") })
	if open < 0 {
		return CreateTable{}, fmt.Errorf("it has no columns")
	}
	var out CreateTable
	depth, begin := 1, open+1
	for i := open + 1; i < len(tokens); i++ {
		switch t := tokens[i]; {
		case t.Is("("):
			depth++
		case t.Is(",") && depth == 1:
			out.Definitions = append(out.Definitions, definitionOf(tokens[begin:i]))
			begin = i + 1
		case t.Is(")"):
			if depth--; depth == 0 {
				out.Definitions = append(out.Definitions, definitionOf(tokens[begin:i]))
				out.Options = tokens[i+1:]
				return out, nil
			}
		}
	}
	return CreateTable{}, fmt.Errorf("its columns have no end")
}

// definitionOf says what a definition is by its first words.
func definitionOf(tokens []Token) Definition {
	d := Definition{Kind: DefineOther, Tokens: tokens}
	i := After(tokens, -1)
	if i >= len(tokens) {
		return d
	}
	if tokens[i].Kind == Name {
		d.Kind = DefineColumn
		d.Name, _ = tokens[i].Identifier()
		return d
	}
	if tokens[i].Is("CONSTRAINT") {
		i = After(tokens, i)
		d.Name = nameAt(tokens, i)
		i = After(tokens, i)
	}
	switch {
	case i >= len(tokens):
	case tokens[i].Is("FOREIGN"):
		d.Kind = DefineForeign
	case tokens[i].Is("CHECK"):
		d.Kind = DefineCheck
	case tokens[i].Is("PRIMARY"):
		d.Kind, d.Name = DefineKey, PrimaryName
	default:
		d.keyName(i)
	}
	return d
}

// keyName reads "[UNIQUE|FULLTEXT|SPATIAL|VECTOR] KEY name".
func (d *Definition) keyName(i int) {
	for ; i < len(d.Tokens); i = After(d.Tokens, i) {
		if d.Tokens[i].Is("KEY") || d.Tokens[i].Is("INDEX") {
			d.Kind = DefineKey
			d.Name = nameAt(d.Tokens, After(d.Tokens, i))
			return
		}
		if d.Tokens[i].Kind != Word {
			return
		}
	}
}

func nameAt(tokens []Token, i int) string {
	if i >= len(tokens) {
		return ""
	}
	name, _ := tokens[i].Identifier()
	return name
}

// Statement is a CREATE TABLE with the definitions that keep takes.
func (c CreateTable) Statement(name string, ifNotExists bool, keep func(Definition) bool) string {
	var lines []string
	for _, d := range c.Definitions {
		if keep(d) {
			lines = append(lines, "  "+d.Text())
		}
	}
	begin := "CREATE TABLE "
	if ifNotExists {
		begin += "IF NOT EXISTS "
	}
	return begin + QuoteName(name) + " (\n" + strings.Join(lines, ",\n") + "\n)" + Join(c.Options)
}

// Label names a definition in its table.
func (d Definition) Label() string {
	switch d.Kind {
	case DefineColumn:
		return "column " + d.Name
	case DefineKey:
		return "key " + d.Name
	case DefineForeign:
		return "foreign key " + d.Name
	case DefineCheck:
		return "check " + d.Name
	default:
		return d.Text()
	}
}

// PrimaryName is the name of every primary key.
const PrimaryName = "PRIMARY"
