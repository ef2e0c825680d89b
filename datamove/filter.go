package datamove

// Filter says what is copied. The zero value copies everything.
type Filter struct {
	Include, Exclude []string
}

// Filter is that of the store.
func (s Store) Filter() Filter { return Filter{Include: s.Include, Exclude: s.Exclude} }

// Takes says whether one of the names, which all mean the same thing, is copied:
// "table" and "database.table" for MySQL, the key for Redis and S3.
func (f Filter) Takes(names ...string) bool {
	return (len(f.Include) == 0 || anyFits(f.Include, names)) && !anyFits(f.Exclude, names)
}

func anyFits(globs, names []string) bool {
	for _, glob := range globs {
		for _, name := range names {
			if Fits(glob, name) {
				return true
			}
		}
	}
	return false
}

// Fits says whether a name fits a glob: * stands for any bytes, also none and
// also slashes and dots; ? for one byte; \ takes away the meaning of the next.
func Fits(glob, name string) bool {
	// At a mismatch the last star takes one byte more; no recursion, so that no
	// glob is slow.
	g, n, star, mark := 0, 0, -1, 0
	for n < len(name) {
		literal, width := next(glob, g)
		switch {
		case g < len(glob) && glob[g] == '*':
			star, mark = g, n
			g++
		case g < len(glob) && (glob[g] == '?' || literal == name[n]):
			g, n = g+width, n+1
		case star >= 0:
			mark++
			g, n = star+1, mark
		default:
			return false
		}
	}
	for g < len(glob) && glob[g] == '*' {
		g++
	}
	return g == len(glob)
}

// next is the byte that the glob has at i, and how many bytes of the glob it takes.
func next(glob string, i int) (literal byte, width int) {
	if i+1 < len(glob) && glob[i] == '\\' {
		return glob[i+1], 2
	}
	if i < len(glob) {
		return glob[i], 1
	}
	return 0, 0
}
