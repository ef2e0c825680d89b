package spec

// Resolve is the document as it is run in one place: queries with their variables
// filled in.
func (d Document) Resolve(v Variables) Document {
	d = d.WithDefaults()
	for i, p := range d.Spec.Hypothesis {
		if p.Prometheus != nil {
			p.Prometheus.Query = v.Fill(p.Prometheus.Query)
		}
		d.Spec.Hypothesis[i] = p
	}
	return d
}

func comparisons() []string { return []string{">=", ">", "<=", "<", "==", "!="} }

// holds says whether value meets the condition. An unknown comparison never holds.
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

// worse says whether a is farther from the condition than b.
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
