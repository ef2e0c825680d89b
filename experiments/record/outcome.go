package record

import "time"

// Word is the verdict in one word.
type Word string

// The words of a verdict.
const (
	Passed       Word = "passed"
	Failed       Word = "failed"
	Inconclusive Word = "inconclusive"
	NotRun       Word = "not-run"
	Aborted      Word = "aborted"
)

// Verdict is what the run came to. Nothing changes it afterwards.
type Verdict struct {
	Word Word `json:"word,omitempty"`
	// Reason is for people and names the values; "passed" has one, too.
	Reason string `json:"reason,omitempty"`
	// Guard is the name of the guard that refused, where one did.
	Guard string `json:"guard,omitempty"`
	// Advice is the next best thing to mend.
	Advice string `json:"advice,omitempty"`
}

// Ending is why a run ended otherwise than by its own plan. The zero value is a run
// that went to its end.
type Ending struct {
	Aborted string `json:"aborted,omitempty"`
	NotRun  string `json:"notRun,omitempty"`
	Guard   string `json:"guard,omitempty"`
	Advice  string `json:"advice,omitempty"`
	Unknown string `json:"unknown,omitempty"`
	// Unproven is what could not be found out and takes "passed" from a run, but not its
	// other verdicts.
	Unproven string `json:"unproven,omitempty"`
}

// Requirement is one thing that "passed" asks for.
type Requirement struct {
	Name string `json:"name"`
	Met  bool   `json:"met"`
	// Unknown says of one that is not met that nobody knows: it was not measured to be broken.
	Unknown bool `json:"unknown,omitempty"`
	// Wanted is the rule, Seen what was found.
	Wanted string `json:"wanted"`
	Seen   string `json:"seen"`
}

// Note is a remark with its time.
type Note struct {
	At   time.Time `json:"at"`
	Text string    `json:"text"`
}
