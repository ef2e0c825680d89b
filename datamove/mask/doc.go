// Package mask replaces personal values by harmless ones of the same form, and says
// which values look personal.
//
// A Policy is made of the rules of a DataCopy and a key. It is deterministic: under one
// key an input of one kind (email, phone, ...) has one result, whether it stands in a
// MySQL column, in a Redis value or inside JSON, so that what could be joined before can
// be joined afterwards. The kinds do not share results. Nothing is kept: every result
// is computed from HMAC-SHA256 under a key of its own for each kind.
//
// # Collisions
//
// Most kinds are keyed permutations of all values of the same form, so different inputs
// always have different results, with or without unique: text, digits, phone, iban,
// ip, uuid and date. Three are not, unless a rule of the kind says unique. Then all
// rules of this kind become permutations, so that equal inputs still meet:
//
//   - email: the domain becomes a hash under .test, so that no result can ever be
//     delivered, and is no longer than before (but has at least six characters). With
//     unique the domain is permuted and .test is added: five bytes more, see
//     [Policy.Grows].
//   - name: words come from a list. With unique the letters are permuted.
//   - card: digits three to six become zero, which no bank issues. With unique they
//     are permuted and may be those of a bank.
//
// A result may be equal to its input by the chance that it has among values of its form.
//
// # Forms
//
// Results have as many characters and bytes as their inputs, but for the domains of
// email and for names, which become ASCII and may take fewer bytes. Letters of one case
// stay letters of this case, and inputs that differ only in the case of ASCII, Greek,
// Cyrillic and accented Latin letters have results that differ only in case, so that
// unique keys of case-insensitive collations hold. Letters stay in their alphabet, which
// keeps them within latin1, latin2, cp1251 and the like; combining marks, symbols and
// punctuation stay. Bytes that are not UTF-8 are permuted, too.
//
//   - email: every address in the value is masked by itself.
//   - phone: keeps + or 00, the country code, leading zeros and punctuation; the
//     notation of a number does not matter. The result may belong to somebody: do not
//     call it.
//   - iban: keeps the country; the check digits are right. card: keeps the brand; the
//     check digit is right.
//   - ip: keeps the version, the width of each number and the network of private, local
//     and reserved addresses; public addresses stay public.
//   - digits: leading zeros, the sign and everything else but digits stay; integers stay within
//     the integer types of MySQL that they fit.
//   - uuid: keeps version and variant, and the nil UUID; also as 16 raw bytes.
//   - date: keeps the year and the notation (also Unix times of 10 and 13 digits), and
//     markers such as 0000-00-00, 1970-01-01 and 9999-12-31. A time of day other than
//     midnight is permuted, too; a lone year stays.
//   - null: NULL, where there is no NULL the element is dropped; keep: as it is.
//
// A value that does not have the form of its kind is masked as text is.
//
// # JSON
//
// A path leads to a value inside JSON: $.a.b, $['odd key'], $.items[*].name, $[0],
// $.*. Everything else stays as it is, byte for byte. Everything below a path is
// masked, numbers stay numbers, and null, true and false stay (under null all become null). When
// a rule without a path follows for the same place it masks all that is left.
package mask
