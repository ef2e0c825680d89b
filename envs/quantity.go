package envs

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// Quantity is a Kubernetes quantity as it was written, with quotes or without.
type Quantity string

// UnmarshalText takes any text; what is wrong with it is said by Document.Validate.
func (q *Quantity) UnmarshalText(text []byte) error {
	*q = Quantity(text)
	return nil
}

// minBytes is the least memory or storage that somebody can mean, except none.
const minBytes = 1 << 20

// tooSmall is what is wrong with a number of bytes that nobody means, such as 200m, which
// is a fifth of a byte.
func tooSmall(written Quantity, bytes *big.Rat) string {
	if bytes.Sign() == 0 || bytes.Cmp(big.NewRat(minBytes, 1)) >= 0 {
		return ""
	}
	n, _ := bytes.Float64()
	digits := strings.TrimRightFunc(string(written), func(r rune) bool { return !isDigit(r) })
	return fmt.Sprintf("%s is %s bytes, want 1Mi or more: did you mean %sMi?", written, strconv.FormatFloat(n, 'f', -1, 64), digits)
}

// quantity reads a Kubernetes quantity, such as 10m, 1.5, 64Mi or 1e9.
//
// Source: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
func quantity(q Quantity) (*big.Rat, error) {
	s := string(q)
	digits := strings.TrimLeft(s, "+")
	end := strings.IndexFunc(digits, func(r rune) bool { return !isDigit(r) && r != '.' })
	if end < 0 {
		end = len(digits)
	}
	value, unit := digits[:end], digits[end:]
	factor, known := factor(unit)
	if len(s)-len(digits) > 1 || value == "" || len(value) > 20 || value == "." || strings.Count(value, ".") > 1 || !known {
		return nil, fmt.Errorf("%q is not a quantity such as 100m, 2 or 64Mi", s)
	}
	n, ok := new(big.Rat).SetString("0" + strings.TrimSuffix(value, "."))
	if !ok {
		return nil, fmt.Errorf("%q is not a quantity such as 100m, 2 or 64Mi", s)
	}
	return n.Mul(n, factor), nil
}

// maxExponent bounds a decimal exponent; Kubernetes rounds what is larger or smaller.
const maxExponent = 18

func factor(unit string) (*big.Rat, bool) {
	if len(unit) > 1 && strings.ContainsRune("eE", rune(unit[0])) {
		exponent, err := strconv.Atoi(unit[1:])
		return power(10, exponent), err == nil && max(exponent, -exponent) <= maxExponent
	}
	const decimal = "num kMGTPE"
	if i := strings.Index(decimal, unit); unit != "" && unit != " " && len(unit) == 1 && i >= 0 {
		return power(1000, i-3), true
	}
	if len(unit) == 2 && unit[1] == 'i' {
		if i := strings.IndexByte("KMGTPE", unit[0]); i >= 0 {
			return power(1024, i+1), true
		}
	}
	return big.NewRat(1, 1), unit == ""
}

func power(base int64, exponent int) *big.Rat {
	p := big.NewRat(1, 1)
	exponent = min(max(exponent, -maxExponent), maxExponent)
	for range max(exponent, -exponent) {
		p.Mul(p, big.NewRat(base, 1))
	}
	if exponent < 0 {
		return p.Inv(p)
	}
	return p
}
