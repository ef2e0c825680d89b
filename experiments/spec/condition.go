package spec

// Comparisons are the signs of a condition.
func Comparisons() []string { return []string{">=", ">", "<=", "<", "==", "!="} }

// Holds says whether value meets the condition. An unknown comparison never holds.
func Holds(value float64, compare string, want float64) bool {
	switch compare {
	case ">=":
		return value >= want
	case ">":
		return value > want
	case "<=":
		return value <= want
	case "<":
		return value < want
	case "==":
		return value == want
	case "!=":
		return value != want
	}
	return false
}

// Worse says whether a is farther from the condition than b.
func Worse(a, b float64, compare string, want float64) bool {
	switch compare {
	case ">=", ">":
		return a < b
	case "<=", "<":
		return a > b
	}
	return abs(a-want) > abs(b-want)
}

func abs(f float64) float64 { return max(f, -f) }
