package events

// BuildSucceeded says that CI has built images. The webhook owns it.
type BuildSucceeded struct {
	Project  string `json:"project"`
	Revision string `json:"revision"`
	// Template names the Environment file that gives everything but the versions.
	Template string `json:"template"`
	// Environment is the name wanted; empty means template and revision, a
	// commit hash being shortened.
	Environment string `json:"environment,omitempty"`
	// Components maps a component to the image that CI built for it.
	Components map[string]string `json:"components,omitempty"`
}

// BuildSucceededTopic carries what CI reports.
var BuildSucceededTopic = define("v1.ci.build.succeeded", func(e BuildSucceeded) string { return e.Project })
