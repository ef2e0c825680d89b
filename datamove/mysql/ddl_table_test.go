package mysql

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/datamove/mysql/syntax"
)

const orders = "CREATE TABLE `orders` (\n" +
	"  `id` int(11) NOT NULL AUTO_INCREMENT,\n" +
	"  `kind` enum('a,b','(',')') DEFAULT 'KEY `x` (',\n" +
	"  `customer` int(11) DEFAULT NULL CHECK (`customer` > 0),\n" +
	"  `code` varchar(20) NOT NULL,\n" +
	"  PRIMARY KEY (`id`),\n" +
	"  UNIQUE KEY `code` (`code`),\n" +
	"  KEY `kind ``odd` (`kind`,`code`(3) DESC) COMMENT 'a, b',\n" +
	"  KEY `customer` (`customer`),\n" +
	"  FULLTEXT KEY `ft` (`code`),\n" +
	"  CONSTRAINT `fk` FOREIGN KEY (`customer`) REFERENCES `customers` (`id`),\n" +
	"  CONSTRAINT `c1` CHECK (`id` > 0)\n" +
	") ENGINE=InnoDB AUTO_INCREMENT=42 DEFAULT CHARSET=utf8mb4 COMMENT='AUTO_INCREMENT=1'"

func ordersTable() *table {
	key := func(name string, unique bool, kind string, columns ...string) index {
		ix := index{name: name, unique: unique, kind: kind}
		for _, c := range columns {
			ix.parts = append(ix.parts, indexPart{column: c})
		}
		return ix
	}
	return &table{
		database: "shop", name: "orders", engine: "InnoDB", create: orders,
		columns: []column{
			{name: "id", dataType: "int", autoIncrement: true},
			{name: "kind", dataType: "enum", nullable: true},
			{name: "customer", dataType: "int", nullable: true},
			{name: "code", dataType: "varchar"},
		},
		indexes: []index{
			key("PRIMARY", true, "BTREE", "id"), key("code", true, "BTREE", "code"), key("kind `odd", false, "BTREE", "kind", "code"),
			key("customer", false, "BTREE", "customer"), key("ft", false, "FULLTEXT", "code"),
		},
		foreign:  []foreignKey{{name: "fk", columns: []string{"customer"}, refDatabase: "shop", refTable: "customers"}},
		siblings: func(string) bool { return false },
	}
}

func TestParseTable(t *testing.T) {
	parsed, err := syntax.ParseTable(orders)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, d := range parsed.Definitions {
		got = append(got, d.Label())
	}
	want := []string{
		"column id", "column kind", "column customer", "column code", "key PRIMARY", "key code", "key kind `odd", "key customer",
		"key ft", "foreign key fk", "check c1",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	all := parsed.Statement("orders", false, func(syntax.Definition) bool { return true })
	if diff := cmp.Diff(orders, all); diff != "" {
		t.Error(diff)
	}
}

func TestDeferred(t *testing.T) {
	options := ddlOptions{target: func(string) string { return "test" }}
	o := ordersTable()
	if diff := cmp.Diff([]string{"code", "kind `odd"}, o.deferred()); diff != "" {
		t.Error(diff)
	}
	statement, err := options.indexStatement(o, func(string) bool { return true })
	want := "ALTER TABLE `test`.`orders`\n  ADD UNIQUE KEY `code` (`code`),\n  ADD KEY `kind ``odd` (`kind`,`code`(3) DESC) COMMENT 'a, b'"
	if err != nil || statement != want {
		t.Errorf("got %s, %v", statement, err)
	}
	for name, change := range map[string]func(*table){
		"another table leans on it": func(t *table) { t.referenced = [][]string{{"code"}} },
		"it is the key of chunks":   func(t *table) { t.indexes = t.indexes[1:] },
		"it begins with the counter": func(t *table) {
			t.columns[0].autoIncrement, t.columns[3].autoIncrement = false, true
		},
	} {
		o := ordersTable()
		change(o)
		if got := o.deferred(); len(got) > 0 && got[0] == "code" {
			t.Errorf("%s: deferred are %v", name, got)
		}
	}
	for _, change := range []func(*table){func(t *table) { t.engine = "Aria" }, func(t *table) { t.versioned = true }} {
		o := ordersTable()
		change(o)
		if got := o.deferred(); got != nil {
			t.Errorf("deferred are %v", got)
		}
	}
}

func TestTableStatement(t *testing.T) {
	options := ddlOptions{target: func(string) string { return "test" }}
	statement, err := options.tableStatement(ordersTable(), true)
	if err != nil {
		t.Fatal(err)
	}
	want := "CREATE TABLE IF NOT EXISTS `orders` (\n" +
		"  `id` int(11) NOT NULL AUTO_INCREMENT,\n" +
		"  `kind` enum('a,b','(',')') DEFAULT 'KEY `x` (',\n" +
		"  `customer` int(11) DEFAULT NULL CHECK (`customer` > 0),\n" +
		"  `code` varchar(20) NOT NULL,\n" +
		"  PRIMARY KEY (`id`),\n" +
		"  KEY `customer` (`customer`),\n" +
		"  FULLTEXT KEY `ft` (`code`),\n" +
		"  CONSTRAINT `c1` CHECK (`id` > 0)\n" + // the foreign key has no table to refer to
		") ENGINE=InnoDB AUTO_INCREMENT=42 DEFAULT CHARSET=utf8mb4 COMMENT='AUTO_INCREMENT=1'"
	if diff := cmp.Diff(want, statement); diff != "" {
		t.Error(diff)
	}
}

func TestFingerprint(t *testing.T) {
	of := func(change func(*table)) string {
		o := ordersTable()
		change(o)
		return (&schema{tables: []*table{o}}).fingerprint()
	}
	same := of(func(*table) {})
	if got := of(func(t *table) {
		t.rows, t.autoIncrement = 9, 43
		t.create = replaceOnce(t.create, "AUTO_INCREMENT=42", "AUTO_INCREMENT=43")
	}); got != same {
		t.Error("rows change the fingerprint")
	}
	if got := of(func(t *table) { t.create = replaceOnce(t.create, "int(11)", "bigint(20)") }); got == same {
		t.Error("a column does not change the fingerprint")
	}
}

func replaceOnce(text, old, by string) string {
	for i := range text {
		if len(text)-i >= len(old) && text[i:i+len(old)] == old {
			return text[:i] + by + text[i+len(old):]
		}
	}
	return text
}

func TestKeyIndex(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*table)
		want   string
	}{
		"primary":         {func(*table) {}, "PRIMARY"},
		"unique":          {func(t *table) { t.indexes = t.indexes[1:] }, "code"},
		"nullable unique": {func(t *table) { t.indexes = t.indexes[1:]; t.columns[3].nullable = true }, ""},
		"prefix":          {func(t *table) { t.indexes = t.indexes[1:]; t.indexes[0].parts[0].prefix = 3 }, ""},
		"enum":            {func(t *table) { t.columns[0].dataType = "enum" }, "code"},
		"none":            {func(t *table) { t.indexes = nil }, ""},
	} {
		o := ordersTable()
		tc.change(o)
		if got, _ := o.keyIndex(); got.name != tc.want {
			t.Errorf("%s: the key is %q, want %q", name, got.name, tc.want)
		}
	}
}
