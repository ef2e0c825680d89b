package s3

// wrote notes an object that was written and, where the source's ETag is given,
// proven to be right.
func (l *journal) wrote(rel, source, target string, size int64) error {
	e := entry{Key: rel, Source: source, Target: target, Size: size}
	l.mu.Lock()
	l.remember(e)
	l.mu.Unlock()
	return l.append(e)
}

// same notes that two ETags were found to mean the same content.
func (l *journal) same(rel, source, target string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.proven) < rememberMost {
		l.proven[l.hash(rel, source, target)] = struct{}{}
	}
}

// ours says whether this run wrote what the target has.
func (l *journal) ours(rel, target string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, found := l.written[l.hash(rel, target)]
	return found
}

// knows says whether two ETags are known to mean the same content.
func (l *journal) knows(rel, source, target string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.proven) == 0 {
		return false
	}
	_, found := l.proven[l.hash(rel, source, target)]
	return found
}
