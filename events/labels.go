package events

// Labels by which objects in Kubernetes are known. A namespace is ours when it
// has LabelManagedBy with the value Manager and LabelEnvironment with its own
// name; so is an object in it that carries both.
const (
	LabelManagedBy   = "app.kubernetes.io/managed-by"
	LabelComponent   = "app.kubernetes.io/name"
	LabelEnvironment = "shakedown.dev/environment"
	// LabelChaos with the value ChaosAllowed on a namespace lets faults in.
	LabelChaos = "shakedown.dev/chaos"

	// Manager is the value of LabelManagedBy and the name of our field manager.
	Manager = "shakedown"
	// ChaosAllowed is the value of LabelChaos that lets faults in.
	ChaosAllowed = "allowed"

	// LabelPrefix begins every label and annotation that only we set.
	LabelPrefix = "shakedown.dev/"
)

// Owned says whether labels are those of an object that we have made for the
// environment.
func Owned(labels map[string]string, environment string) bool {
	return labels[LabelManagedBy] == Manager && labels[LabelEnvironment] == environment
}
