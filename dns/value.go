package dns

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/shakedown-dev/shakedown/dns/name"
)

// Value writes a value that somebody wants as Route 53 does. A TXT value is plain text,
// which is quoted and split; names may be international.
func Value(t Type, text string) (string, error) {
	switch t {
	case A, AAAA:
		return address(t, text)
	case CNAME, NS:
		return target(text)
	case MX:
		return numbered(text, 1, "priority and name, as in 10 mail.example.com")
	case SRV:
		return numbered(text, 3, "priority, weight, port and name, as in 1 10 5269 xmpp.example.com")
	case CAA:
		return authority(text)
	case TXT:
		return Quote(text)
	}
	return "", fmt.Errorf("records of type %s cannot be wanted", t)
}

func address(t Type, text string) (string, error) {
	ip, err := netip.ParseAddr(text)
	if err != nil || ip.Is4() != (t == A) || ip.Zone() != "" {
		return "", fmt.Errorf("%q is no address for a record of type %s", text, t)
	}
	return ip.String(), nil
}

func target(text string) (string, error) {
	n, err := name.Parse(text)
	if err != nil {
		return "", err
	}
	if n.IsWildcard() {
		return "", fmt.Errorf("%q is a wildcard, which nothing can point to", text)
	}
	return n.API(), nil
}

// numbered is a value of so many numbers of 16 bits and a name.
func numbered(text string, numbers int, want string) (string, error) {
	parts := strings.Fields(text)
	if len(parts) != numbers+1 {
		return "", fmt.Errorf("%q is wrong: want %s", text, want)
	}
	for i, part := range parts[:numbers] {
		n, err := strconv.ParseUint(part, 10, 16)
		if err != nil {
			return "", fmt.Errorf("%q is wrong: want %s", text, want)
		}
		parts[i] = strconv.FormatUint(n, 10)
	}
	if parts[numbers] == "." { // MX and SRV: there is no such service
		return strings.Join(parts, " "), nil
	}
	n, err := target(parts[numbers])
	parts[numbers] = n
	return strings.Join(parts, " "), err
}

// authority is a CAA value: flags, a tag and a quoted text.
func authority(text string) (string, error) {
	flags, rest, _ := strings.Cut(strings.TrimSpace(text), " ")
	tag, value, found := strings.Cut(strings.TrimSpace(rest), " ")
	n, err := strconv.ParseUint(flags, 10, 8)
	if err != nil || !found {
		return "", fmt.Errorf(`%q is wrong: want flags, tag and value, as in 0 issue "ca.example.com"`, text)
	}
	value = strings.Trim(strings.TrimSpace(value), `"`)
	if strings.ContainsAny(value, `"\`) {
		return "", fmt.Errorf("%q is wrong: the value has a quote or a backslash inside", text)
	}
	return fmt.Sprintf("%d %s %q", n, strings.ToLower(tag), value), nil
}

// normalValue is a value that was listed, in one notation. What cannot be read stays as it is.
func normalValue(t Type, listed string) string {
	switch t {
	case TXT:
		if text, err := Unquote(listed); err == nil {
			return text
		}
	case CNAME, NS, MX, SRV:
		head, last := "", listed
		if i := strings.LastIndexByte(listed, ' '); i >= 0 {
			head, last = strings.Join(strings.Fields(listed[:i]), " ")+" ", listed[i+1:]
		}
		if n, err := name.Read(last); err == nil {
			return head + n.API()
		}
	default:
		if normal, err := Value(t, listed); err == nil {
			return normal
		}
	}
	return listed
}
