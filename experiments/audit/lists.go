package audit

import (
	"encoding/json"
	"fmt"
)

// listed compares two lists element by element, and says where they differ first.
func listed[T any](a *Audit, name, noun string, was, is []T) {
	for i := range max(len(was), len(is)) {
		recorded, again := element(was, i), element(is, i)
		if recorded != again {
			a.add(Figures, name, fmt.Sprintf("%d of %d: %s", i+1, len(was), recorded), fmt.Sprintf("%d of %d: %s", i+1, len(is), again))
			return
		}
	}
	count := amount(len(was), noun)
	a.add(Figures, name, count, count)
}

// element is one of a list as the record has it.
func element[T any](list []T, i int) string {
	if i >= len(list) {
		return "none"
	}
	raw, err := json.Marshal(list[i])
	if err != nil {
		return err.Error()
	}
	return string(raw)
}

func amount(n int, noun string) string {
	switch n {
	case 0:
		return "none"
	case 1:
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
