package work

// begin waits for its turn to write; end must be called when it is over. What the
// watch has shown meanwhile beyond our own write is made known to the handler.
func (c *Claim[T]) begin() (end func()) {
	c.writing.Lock()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.busy = true
	return func() {
		defer c.writing.Unlock()
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.shown > c.rev {
			c.wake()
		}
		c.busy, c.shown = false, 0
	}
}

// notice takes in a revision that the watch has shown. It never waits for a write.
func (c *Claim[T]) notice(row Row[T], rev uint64) {
	if err := c.changedTo(row, rev); err != nil {
		c.hold.end(err)
	}
}

// changedTo says what a revision means for the holder. Errors: ErrLost,
// ErrSuperseded.
func (c *Claim[T]) changedTo(row Row[T], rev uint64) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case rev <= c.rev || c.released:
	case !row.Lease.same(c.row.Lease):
		return ErrLost
	case row.Asked.ID != c.row.Asked.ID:
		return ErrSuperseded
	case c.busy:
		c.shown = max(c.shown, rev)
	default:
		c.wake()
	}
	return nil
}

// wake lets the handler know that somebody else has changed the row.
func (c *Claim[T]) wake() {
	select {
	case c.changed <- struct{}{}:
	default:
	}
}

// position is the row and the newest revision that the claim knows.
func (c *Claim[T]) position() (Row[T], uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.row, c.rev
}

// gone says that the row was removed.
func (c *Claim[T]) gone() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.left
}

// over says that the row was removed or is given back.
func (c *Claim[T]) over() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.left || c.released
}
