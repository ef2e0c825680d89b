package mask

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/datamove"
)

func column(name, kind string, samples ...string) datamove.Field {
	return datamove.Field{Store: datamove.StoreMySQL, Name: name, Type: kind, Samples: samples}
}

func TestClassify(t *testing.T) {
	for _, tc := range []struct {
		field datamove.Field
		want  string // empty: not personal
	}{
		{column("shop.customers.email", "varchar(255)"), "email"},
		{column("shop.customers.E_Mail", "varchar(255)"), "email"},
		{column("shop.customers.primaryEmailAddress", "text"), "email"},
		{column("shop.x.correo", "text"), "email"},
		{column("shop.customers.first_name", "varchar(50)"), "name"},
		{column("shop.customers.lastName", "varchar(50)"), "name"},
		{column("shop.x.Nachname", "varchar(50)"), "name"},
		{column("shop.x.prénom", "varchar(50)"), "name"},
		{column("shop.customers.name", "varchar(50)"), "name"},
		{column("shop.products.name", "varchar(50)"), ""},
		{column("shop.customers.phone_number", "varchar(20)"), "phone"},
		{column("shop.customers.phone", "bigint(20)"), "phone"},
		{column("shop.customers.mobile", "varchar(20)"), "phone"},
		{column("shop.x.telefono", "varchar(20)"), "phone"},
		{column("shop.x.iban", "char(34)"), "iban"},
		{column("shop.pay.card_number", "varchar(19)"), "card"},
		{column("shop.pay.ccn", "varchar(19)"), "card"},
		{column("shop.x.ssn", "char(11)"), "digits"},
		{column("shop.x.passport_no", "char(11)"), "digits"},
		{column("shop.x.client_ip", "varchar(45)"), "ip"},
		{column("shop.x.ip", "inet6"), "ip"},
		{column("shop.x.street", "varchar(100)"), "text"},
		{column("shop.x.billing_address", "varchar(100)"), "text"},
		{column("shop.x.zip", "varchar(10)"), "text"},
		{column("shop.x.city", "varchar(10)"), "text"},
		{column("shop.x.date_of_birth", "date"), "date"},
		{column("shop.x.dob", "date"), "date"},
		{column("shop.x.Geburtsdatum", "date"), "date"},
		{column("shop.x.password", "varchar(60)"), "text"},
		{column("shop.x.api_key", "varchar(60)"), "text"},
		{column("shop.x.refresh_token", "varchar(60)"), "text"},
		{column("shop.x.contact", "text", "alice@example.com", "bob@example.org"), "email"},
		{column("shop.x.remarks2", "text", "nothing", "please write to alice@example.com", "none"), "email"},
		{column("shop.x.a", "varchar(34)", "DE89370400440532013000"), "iban"},
		{column("shop.x.a", "varchar(34)", "4111111111111111", "5500005555555559", "378282246310005"), "card"},
		{column("shop.x.a", "varchar(34)", "+49 30 1234567", "+1 212 555 0100", ""), "phone"},
		{column("shop.x.a", "varchar(34)", "93.184.216.34", "2001:db8::7"), "ip"},
		{column("shop.x.a", "date", "1984-02-01", "1971-12-30", "1999-07-07", "1955-03-03"), "date"},
		{column("shop.x.a", "text", "Alice Miller", "Robert Thompson", "Maria Xyz"), "name"},
		{datamove.Field{Store: datamove.StoreRedis, Name: "user:*", Path: "email", Type: "hash"}, "email"},
		{datamove.Field{Store: datamove.StoreRedis, Name: "user:*", Path: "profile$.contact.phone", Type: "hash"}, "phone"},
		{datamove.Field{Store: datamove.StoreRedis, Name: "user:*", Path: "name", Type: "hash"}, "name"},
		{datamove.Field{Store: datamove.StoreRedis, Name: "session:*:token", Type: "string"}, "text"},
		{datamove.Field{Store: datamove.StoreS3, Name: "exports/", Path: "$.rows[*].iban", Type: "application/json"}, "iban"},
		// What only looks like it.
		{column("shop.x.email_verified", "varchar(5)"), ""},
		{column("shop.x.email_sent_at", "datetime"), ""},
		{column("shop.x.email", "tinyint(1)"), ""},
		{column("shop.x.address_id", "int(11)"), ""},
		{column("shop.x.card_type", "varchar(9)"), ""},
		{column("shop.x.is_mobile", "char(1)"), ""},
		{column("shop.x.phone_count", "int(11)"), ""},
		{column("shop.x.token_expires", "varchar(30)"), ""},
		{column("shop.x.shipped", "varchar(30)"), ""},
		{column("shop.x.description", "text", "A very good shirt", "Blue, 3 sizes"), ""},
		{column("shop.x.pipeline", "text"), ""},
		{column("shop.x.id", "char(36)", "550e8400-e29b-41d4-a716-446655440000"), ""},
		{column("shop.x.sha", "char(64)", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"), ""},
		{column("shop.x.order_number", "bigint(20)", "2024000000017", "2024000000025", "2024000000033"), ""},
		{column("shop.x.created_ms", "bigint(20)", "1577836800123", "1577836800131", "1577836800149"), ""},
		{column("shop.x.created_at", "datetime", "2021-02-03 10:11:12", "2022-02-03 10:11:12", "2023-02-03 10:11:12"), ""},
		{column("shop.x.due", "date", "2021-02-03", "2022-02-03", "2023-02-03"), ""},
		{column("shop.x.qty", "int(11)", "1", "2", "3"), ""},
		{column("shop.x.at_sign", "text", "a @ b", "user@", "@handle"), ""},
		{column("shop.x.amount", "decimal(10,2)", "10.50", "0.99"), ""},
		{column("", ""), ""},
	} {
		found, personal := Classify(tc.field)
		got := ""
		if personal {
			got = found.As
		}
		if got != tc.want {
			t.Errorf("%s %s (%s): %q, want %q (%+v)", tc.field.Name, tc.field.Path, tc.field.Type, got, tc.want, found)
		}
		if personal && (found.Why == "" || found.Confidence > 1) {
			t.Errorf("%s: %+v", tc.field.Name, found)
		}
	}
}

func TestProposeAndUnclassified(t *testing.T) {
	mail := column("shop.customers.email", "varchar(255)")
	mail.Unique = true
	fields := []datamove.Field{
		column("shop.customers.id", "int(11)", "1", "2"), mail,
		column("shop.customers.profile", "json", `{"phone":"+49 30 1234567","tags":["a"],"odd key":{"iban":"DE89370400440532013000"}}`),
		column("shop.odd*.city", "text"),
		{Store: datamove.StoreRedis, Name: "user:*", Path: "email", Type: "hash"},
		{Store: datamove.StoreRedis, Name: "user:*", Path: "doc", Type: "hash", Samples: []string{`[{"email":"a@example.com"}]`}},
		{Store: datamove.StoreS3, Name: "exports/", Samples: []string{`{"mail":"a@example.com"}`}},
	}
	rules := Propose(fields)
	want := []datamove.Rule{
		{Column: "shop.customers.email", As: "email", Unique: true},
		{Column: "shop.customers.profile", Path: "$.phone", As: "phone"},
		{Column: "shop.customers.profile", Path: "$['odd key'].iban", As: "iban"},
		{Column: `shop.odd\*.city`, As: "text"},
		{Key: "user:*", Field: "email", As: "email"},
		{Key: "user:*", Field: "doc", Path: "$[*].email", As: "email"},
		{Object: "exports/*", Path: "$.mail", As: "email"},
	}
	if diff := cmp.Diff(want, rules); diff != "" {
		t.Fatal(diff)
	}
	p, err := New(rules, testKey)
	if err != nil {
		t.Fatal(err)
	}
	if left := Unclassified(p, fields); len(left) > 0 {
		t.Errorf("what was proposed leaves %+v", left)
	}
	if left := Unclassified(nil, fields); len(left) != len(rules) {
		t.Errorf("without a policy %d are left, want %d", len(left), len(rules))
	}
	for i := range rules {
		less, err := New(slices.Delete(slices.Clone(rules), i, i+1), testKey)
		if err != nil {
			t.Fatal(err)
		}
		if left := Unclassified(less, fields); len(left) != 1 {
			t.Errorf("without rule %d these are left: %+v", i, left)
		}
	}
}

// coverCase is a rule and a field, and whether the rule covers it.
type coverCase struct {
	rule  datamove.Rule
	field datamove.Field
	want  bool
}

func coverCases() []coverCase {
	return []coverCase{
		{datamove.Rule{Column: "shop.*", As: "keep"}, column("shop.a.b", ""), true},
		{datamove.Rule{Column: "shop.a.b", Path: "$.x", As: "text"}, column("shop.a.b", ""), false},
		{datamove.Rule{Column: "shop.a.b", Path: "$.x", As: "text"}, datamove.Field{Store: "mysql", Name: "shop.a.b", Path: "$.x.y[*]"}, true},
		{datamove.Rule{Column: "shop.a.b", Path: "$.x[0]", As: "text"}, datamove.Field{Store: "mysql", Name: "shop.a.b", Path: "$.x[*]"}, false},
		{datamove.Rule{Key: "user:?", As: "text"}, datamove.Field{Store: "redis", Name: "user:*"}, false},
		{datamove.Rule{Key: "user:*", As: "text"}, datamove.Field{Store: "redis", Name: "user:*:x"}, true},
		{datamove.Rule{Key: "user:*:x", As: "text"}, datamove.Field{Store: "redis", Name: "user:*"}, false},
		{datamove.Rule{Key: "user:*", Field: "a", As: "text"}, datamove.Field{Store: "redis", Name: "user:*", Path: "b"}, false},
		{datamove.Rule{Key: "user:*", Field: "a", As: "text"}, datamove.Field{Store: "redis", Name: "user:*"}, false},
		{datamove.Rule{Object: "a/*.json", As: "text"}, datamove.Field{Store: "s3", Name: "a/"}, false},
		{datamove.Rule{Object: "a/*", As: "text"}, datamove.Field{Store: "s3", Name: "a/b/"}, true},
		{datamove.Rule{Column: "*", As: "text"}, datamove.Field{Store: "s3", Name: "a/b/"}, false},
	}
}

// TestClassifies shows what a rule does not cover.
func TestClassifies(t *testing.T) {
	for _, tc := range coverCases() {
		p, err := New([]datamove.Rule{tc.rule}, testKey)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.classifies(tc.field); got != tc.want {
			t.Errorf("%+v classifies %+v: %t", tc.rule, tc.field, got)
		}
	}
}

func TestMissing(t *testing.T) {
	p, err := New([]datamove.Rule{
		{Column: "shop.customers.emial", As: "email"}, {Column: "*.email", As: "email"}, {Key: "nothing", As: "text"}, {Column: "old.*", As: "keep"},
	}, testKey)
	if err != nil {
		t.Fatal(err)
	}
	problems := p.Missing([]datamove.Field{column("shop.customers.email", "text"), {Store: datamove.StoreRedis, Name: "old.x"}})
	if got, want := fmt.Sprint(problems), `[spec.masking.rules[0].column: "shop.customers.emial" fits no column of the source spec.masking.rules[3].column: "old.*" fits no column of the source]`; got != want {
		t.Errorf("got %s", got)
	}
}

func FuzzClassify(f *testing.F) {
	f.Add("shop.customers.email", "$.a", "varchar(10)", "alice@example.com")
	f.Add("user:*", "f$['x']", "hash", `{"a":["b"]}`)
	f.Fuzz(func(t *testing.T, name, path, kind, sample string) {
		for _, store := range []string{datamove.StoreMySQL, datamove.StoreRedis, datamove.StoreS3} {
			fields := []datamove.Field{{Store: store, Name: name, Path: path, Type: kind, Samples: []string{sample, sample}}}
			found := Unclassified(nil, fields)
			for _, finding := range found {
				if finding.Confidence < personal || finding.Confidence > 1 || finding.As == "" {
					t.Errorf("%+v", finding)
				}
			}
			_ = Propose(fields)
		}
	})
}
