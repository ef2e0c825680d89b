package provisioner

// Progress receives what is being done. It is safe for concurrent use; steps may
// overlap.
type Progress interface {
	// StepStarted reports that a step begins.
	StepStarted(step string)
	// StepNote reports how far a long step has come.
	StepNote(step, note string)
	// StepEnded reports that a step is over; err is nil if it succeeded.
	StepEnded(step string, err error)
}

// Quiet is a Progress that discards everything.
type Quiet struct{}

// StepStarted implements Progress.
func (Quiet) StepStarted(string) {}

// StepNote implements Progress.
func (Quiet) StepNote(string, string) {}

// StepEnded implements Progress.
func (Quiet) StepEnded(string, error) {}

// Step runs one step and reports its start and its end to p.
func Step(p Progress, name string, do func() error) error {
	p.StepStarted(name)
	err := do()
	p.StepEnded(name, err)
	return err
}
