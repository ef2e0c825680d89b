package mysql

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/shakedown-dev/shakedown/datamove"
)

// inspector inspects both ends before anything is changed.
type inspector struct {
	from, to querier
	job      datamove.Job
	source   *schema
	options  ddlOptions
	findings []datamove.Finding
	leftOut  []datamove.LeftOut
}

// preflight is what the inspection of both ends finds in the way of a copy, and what would
// be left out. It changes nothing.
func preflight(ctx context.Context, from, to querier, j datamove.Job, s *schema, o ddlOptions) ([]datamove.Finding, []datamove.LeftOut, error) {
	p := inspector{from: from, to: to, job: j, source: s, options: o}
	p.definitions()
	for _, check := range []func(context.Context) error{
		p.sameDatabase, p.sourceRights, p.targetRights, p.readOnly, p.existingObjects, p.engines, p.packet,
		p.nameCase, p.modes, p.functionCreators, p.diskSpace, p.history,
	} {
		if err := check(ctx); err != nil {
			return p.findings, p.leftOut, fmt.Errorf("inspect both ends: %w", err)
		}
	}
	return p.findings, p.leftOut, nil
}

func (p *inspector) add(severity datamove.Severity, check, hint, format string, args ...any) {
	p.findings = append(p.findings, datamove.Finding{Severity: severity, Check: check, Message: fmt.Sprintf(format, args...), Hint: hint})
}

func (p *inspector) leaveOut(what, why string) {
	p.leftOut = append(p.leftOut, datamove.LeftOut{What: what, Why: why})
}

// definitions are the checks of what has been read already.
func (p *inspector) definitions() {
	p.globs()
	p.types()
	p.collationFindings()
	p.floats()
	p.lostCharacters()
	p.keyless()
	p.objectFindings()
	for _, name := range p.source.ledgers {
		p.leaveOut("table "+name+"."+ledgerName, "copies keep their state in a table of this name")
		p.add(datamove.Warning, "ledger", "", "the source has table %s.%s: a copy into it has not ended, or it is named like the ledger of one", name, ledgerName)
	}
	p.leaveOut("accounts and their rights", "they belong to the server, not to its databases")
	for _, t := range p.source.tables {
		if t.versioned {
			p.leaveOut("history of "+t.id(), "of a table with system versioning the rows of now are copied")
		}
		for _, why := range p.options.leftOutKeys(t) {
			p.leaveOut("foreign key of "+t.id(), why)
		}
	}
}

// globs refuses an include that fits nothing. An exclude that fits nothing may be meant
// for another source.
func (p *inspector) globs() {
	const names = "a name or database.name"
	const hint = "correct the glob, or remove it; it must fit " + names
	for _, glob := range p.job.Store.Include {
		if !p.source.fits(glob) {
			p.findings = append(p.findings, datamove.UnfittedInclude(glob, names))
		}
	}
	for _, glob := range p.job.Store.Exclude {
		if !p.source.fits(glob) {
			p.add(datamove.Warning, "exclude", hint, "exclude %q fits nothing in the source", glob)
		}
	}
}

func (p *inspector) types() {
	for _, t := range p.source.tables {
		if t.engine == "" {
			p.add(datamove.Refusal, "broken-table", "exclude it", "table %s cannot be opened: %s", t.id(), t.comment)
		}
		for _, why := range foreignTypes(p.options.from, p.options.to, t) {
			p.add(datamove.Refusal, "types", "exclude the table", "%s", why)
		}
	}
	if !p.options.to.mariaDB {
		p.objectsOfMariaDB()
	}
	a, b := p.options.from, p.options.to
	if a.mariaDB != b.mariaDB {
		p.add(datamove.Warning, "product", "", "%s to %s: definitions are translated and compared by their parts", a.product(), b.product())
	} else if !b.atLeast(a.major, a.minor, 0) {
		p.add(datamove.Warning, "version", "", "the target (%s) is older than the source (%s)", b.text, a.text)
	}
}

// objectsOfMariaDB refuses what MySQL does not have.
func (p *inspector) objectsOfMariaDB() {
	for _, q := range p.source.sequences {
		p.add(datamove.Refusal, "types", "exclude it", "sequence %s: MySQL has no sequences", q.id())
	}
	for _, b := range p.source.objects() {
		if why := foreignObject(b); why != "" {
			p.add(datamove.Refusal, "types", "exclude it", "%s %s: %s", b.kind, b.id(), why)
		}
	}
}

func (p *inspector) collationFindings() {
	for _, problem := range collationProblems(p.source, p.options.collations) {
		p.add(datamove.Refusal, "collations", "exclude what uses it, or ALTER it in the source", "the target has nothing like %s", problem)
	}
	if changes := p.source.collationChanges(p.options.collations); len(changes) > 0 {
		p.add(datamove.Warning, "collations", "", "collations that the target lacks get another name: %s", strings.Join(changes, ", "))
	}
}

func (p *inspector) floats() {
	var names []string
	for _, t := range p.source.tables {
		for _, c := range t.columns {
			if c.isFloat() {
				names = append(names, t.id()+"."+c.name)
			}
		}
	}
	if len(names) > 0 {
		p.add(datamove.Note, "float-columns", "", "FLOAT columns are read as DOUBLE, because a plain SELECT prints 6 digits of them: %s", some(names))
	}
}

// lostCharacters: servers keep definitions in three-byte UTF-8 and print ? for what is
// beyond, so that nobody can read what an ENUM's member or a DEFAULT really is. Rows
// that hold such a member are found to differ by the comparison.
func (p *inspector) lostCharacters() {
	var names []string
	for _, t := range p.source.tables {
		for _, c := range t.columns {
			wide := slices.Contains([]string{"utf8mb4", "utf16", "utf16le", "utf32"}, c.charset)
			if wide && (c.numbered() && strings.Contains(c.columnType, "?") || c.hasDefault && strings.HasPrefix(c.fallback, "'") && strings.Contains(c.fallback, "?")) {
				names = append(names, t.id()+"."+c.name)
			}
		}
	}
	if len(names) > 0 {
		p.add(datamove.Warning, "lost-characters", "compare the members and defaults by hand if they hold emoji",
			"the source prints every character beyond U+FFFF in a member or DEFAULT as ?, and these have a ?: %s", some(names))
		p.leaveOut("characters beyond U+FFFF in the members and defaults of "+some(names), "the source prints ? for them")
	}
}

func (p *inspector) keyless() {
	var names []string
	for _, t := range p.source.tables {
		if _, ok := t.keyIndex(); !ok {
			names = append(names, t.id())
		}
	}
	if len(names) > 0 {
		p.add(datamove.Warning, "no-key", "", "tables without a key to divide them by are copied in one stream: %s", some(names))
	}
}

func (p *inspector) objectFindings() {
	events, definers := 0, 0
	for _, b := range p.source.objects() {
		switch {
		case b.create == "":
			p.leaveOut(b.kind+" "+b.id(), b.problem)
			p.add(datamove.Warning, "hidden-object", "", "%s %s: %s", b.kind, b.id(), b.problem)
			continue
		case b.invalid:
			p.add(datamove.Warning, "invalid-view", "", "view %s does not work in the source: it names what is not there, or its definer lacks rights", b.id())
		}
		made, err := p.options.rewrite(p.source, b)
		if err != nil {
			p.add(datamove.Refusal, "unreadable-object", "exclude it", "%v", err)
			continue
		}
		for _, change := range made.changed {
			switch {
			case strings.HasPrefix(change, "definer"):
				definers++
			case strings.HasPrefix(change, "disabled"):
				events++
			default:
				p.add(datamove.Warning, "changed-object", "", "%s %s: %s", b.kind, b.id(), change)
			}
		}
	}
	if definers > 0 {
		p.add(datamove.Note, "definers", "mysql.definer names another account", "%d objects get the definer %s", definers, p.options.definer)
	}
	if events > 0 {
		p.add(datamove.Note, "events", "ALTER EVENT ... ENABLE when they shall run", "%d events that run in the source are made disabled", events)
	}
}

// some are at most ten names.
func some(names []string) string {
	const most = 10
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}
