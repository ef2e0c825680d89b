package envs

import (
	"fmt"
	"math/big"
	"strings"
)

// quantity reads a Kubernetes quantity, such as 10m, 1.5 or 64Mi.
//
// Source: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
func quantity(s string) (*big.Rat, error) {
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

func factor(unit string) (*big.Rat, bool) {
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
	for range max(exponent, -exponent) {
		p.Mul(p, big.NewRat(base, 1))
	}
	if exponent < 0 {
		return p.Inv(p)
	}
	return p
}
