package mysql

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// readCollations are the full names of the collations that the server has, each
// with its charset.
func readCollations(ctx context.Context, q querier) (map[string]string, error) {
	rows, err := records(ctx, q, "SELECT * FROM information_schema.COLLATION_CHARACTER_SET_APPLICABILITY")
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, row := range rows {
		out[row["COLLATION_NAME"]] = row["CHARACTER_SET_NAME"]
		// MariaDB lists a UCA 14 collation once for each charset.
		if full := row["FULL_COLLATION_NAME"]; full != "" {
			out[full] = row["CHARACTER_SET_NAME"]
		}
	}
	return out, nil
}

// mapCollation is the name of the target's collation that comes closest; ok is
// false when none does. Only the order of text changes, no byte of it.
func mapCollation(name string, has map[string]string) (to string, ok bool) {
	name = strings.ToLower(name)
	if _, there := has[name]; there || name == "binary" {
		return name, true
	}
	for _, candidate := range closest(name) {
		if _, there := has[candidate]; there {
			return candidate, true
		}
	}
	return "", false
}

// closest are candidates for a collation, the best first. The sensitivity to case
// and accents is kept, else unique keys would break. Where both are there, the
// treatment of trailing spaces is kept as well.
func closest(name string) []string {
	charset, rest, _ := strings.Cut(name, "_")
	switch {
	case charset == "utf8" || charset == "utf8mb3":
		return utf8Aliases(charset, rest)
	case strings.HasPrefix(rest, "uca1400_"):
		return fromUCA1400(charset, strings.TrimPrefix(rest, "uca1400_"))
	case strings.Contains(rest, "0900_"):
		return from0900(charset, rest)
	case strings.Contains(name, "nopad_"):
		padded := strings.Replace(name, "nopad_", "", 1)
		if padded == "utf8mb4_bin" {
			return []string{"utf8mb4_0900_bin", padded}
		}
		return []string{padded}
	}
	return nil
}

// utf8Aliases: what was utf8 is utf8mb3 in newer servers.
func utf8Aliases(charset, rest string) []string {
	other := map[string]string{"utf8": "utf8mb3", "utf8mb3": "utf8"}[charset]
	out := []string{other + "_" + rest}
	for _, next := range closest("utf8mb4_" + rest) {
		if tail, ok := strings.CutPrefix(next, "utf8mb4_"); ok {
			out = append(out, charset+"_"+tail, other+"_"+tail)
		}
	}
	return out
}

// from0900: MySQL's collations of UCA 9.0 do not pad; MariaDB's of UCA 14 come with
// and without.
func from0900(charset, rest string) []string {
	language, how, _ := strings.Cut(rest, "0900_")
	if how == "bin" {
		return []string{charset + "_nopad_bin", charset + "_bin"}
	}
	out := []string{}
	for _, l := range languageAliases(strings.TrimSuffix(language, "_")) {
		out = append(out, charset+"_uca1400_"+l+"nopad_"+how, charset+"_uca1400_"+l+how)
	}
	if how == "ai_ci" {
		out = append(out, charset+"_unicode_520_nopad_ci", charset+"_unicode_520_ci", charset+"_unicode_ci")
	}
	if how == "as_cs" {
		out = append(out, charset+"_nopad_bin", charset+"_bin")
	}
	return out
}

// languageAliases are MariaDB's words for MySQL's two letters, each with its
// underscore, and none at last.
func languageAliases(language string) []string {
	names := map[string]string{
		"de_pb": "german2", "is": "icelandic", "lv": "latvian", "ro": "romanian", "sl": "slovenian", "pl": "polish",
		"et": "estonian", "es": "spanish", "sv": "swedish", "tr": "turkish", "cs": "czech", "da": "danish",
		"lt": "lithuanian", "sk": "slovak", "es_trad": "spanish2", "la": "roman", "eo": "esperanto", "hu": "hungarian",
		"hr": "croatian", "vi": "vietnamese", "nb": "danish", "nn": "danish",
	}
	if name, ok := names[language]; ok {
		return []string{name + "_", ""}
	}
	return []string{""}
}

// fromUCA1400 goes the other way, to MySQL or to an older MariaDB.
func fromUCA1400(charset, rest string) []string {
	how := rest[max(0, strings.LastIndex(rest[:max(0, strings.LastIndexByte(rest, '_'))], "_")+1):]
	nopad := strings.Contains(rest, "nopad_")
	newer := []string{charset + "_0900_" + how}
	switch how {
	case "ai_ci":
		if nopad {
			return append(newer, charset+"_unicode_520_nopad_ci", charset+"_unicode_520_ci", charset+"_unicode_ci")
		}
		return []string{charset + "_unicode_520_ci", charset + "_unicode_ci", charset + "_0900_ai_ci"}
	case "as_cs":
		return append(newer, charset+"_bin")
	}
	return newer
}

// collationProblems names the collations of the schema that the target neither has
// nor comes close to, with the objects that use them.
func collationProblems(s *schema, has map[string]string) []string {
	used := map[string]string{}
	for _, d := range s.databases {
		used[d.collation] = "database " + d.name
	}
	for _, t := range s.tables {
		used[t.collation] = "table " + t.id()
		for _, c := range t.columns {
			used[c.collation] = "column " + t.id() + "." + c.name
		}
	}
	for _, o := range s.objects() {
		used[o.connection] = o.kind + " " + o.id()
	}
	delete(used, "")
	var out []string
	for _, name := range slices.Sorted(maps.Keys(used)) {
		if _, ok := mapCollation(name, has); !ok {
			out = append(out, fmt.Sprintf("collation %s of %s", name, used[name]))
		}
	}
	return out
}

// collationChanges are the collations that the copy gives another name, as
// "from → to".
func (s *schema) collationChanges(has map[string]string) []string {
	changed := map[string]string{}
	for _, t := range s.tables {
		for _, c := range t.columns {
			if to, ok := mapCollation(c.collation, has); ok && c.collation != "" && to != c.collation {
				changed[c.collation] = to
			}
		}
	}
	var out []string
	for _, from := range slices.Sorted(maps.Keys(changed)) {
		out = append(out, from+" → "+changed[from])
	}
	return out
}
