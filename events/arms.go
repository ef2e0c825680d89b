package events

import "time"

// ArmRequest lets faults into a protected environment for a time.
type ArmRequest struct {
	Environment string   `json:"environment"`
	For         Duration `json:"for"`
	Reason      string   `json:"reason"`
	By          string   `json:"by,omitempty"`
}

// DisarmRequest ends that at once.
type DisarmRequest struct {
	Environment string `json:"environment"`
	By          string `json:"by,omitempty"`
}

// Arm says who lets faults into a protected environment, why and until when.
type Arm struct {
	Environment string    `json:"environment"`
	Reason      string    `json:"reason"`
	By          string    `json:"by,omitempty"`
	Since       time.Time `json:"since"`
	Until       time.Time `json:"until"`
}

// Arms are those that have not ended.
type Arms struct {
	Arms []Arm `json:"arms"`
}

// EnvironmentDisarmed says that a protected environment lets no faults in any more, before
// its time was over.
type EnvironmentDisarmed struct {
	Environment string    `json:"environment"`
	By          string    `json:"by,omitempty"`
	At          time.Time `json:"at"`
}
