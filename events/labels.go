package events

// Labels by which objects in Kubernetes are known. A namespace is ours when it
// has LabelManagedBy with the value Manager, LabelEnvironment with its own name and
// LabelInstallation with the id of our installation; so is an object in it that
// carries all three.
const (
	LabelManagedBy   = "app.kubernetes.io/managed-by"
	LabelComponent   = "app.kubernetes.io/name"
	LabelEnvironment = "shakedown.dev/environment"
	// LabelInstallation names who has made the object, among those who share a cluster.
	LabelInstallation = "shakedown.dev/installation"
	// LabelChaos with the value ChaosAllowed on a namespace lets faults in.
	LabelChaos = "shakedown.dev/chaos"

	// LabelProtected with any value but "false" on a namespace keeps faults out, until
	// somebody arms it for a time.
	LabelProtected = "shakedown.dev/protected"

	// Manager is the value of LabelManagedBy and the name of our field manager.
	Manager = "shakedown"
	// ChaosAllowed is the value of LabelChaos that lets faults in.
	ChaosAllowed = "allowed"

	// AnnotationOutage is on what a fault holds at zero replicas, with how many it had.
	AnnotationOutage = "shakedown.dev/outage"
	// AnnotationRestart is in the template of what a fault has rolled out anew, and names
	// the fault. What runs is the same with it and without.
	AnnotationRestart = "shakedown.dev/restart"

	// LabelPrefix begins every label and annotation that only we set.
	LabelPrefix = "shakedown.dev/"
)

// Owner is whose an object is: an environment of an installation. An installation is
// all servers and commands that share one store.
type Owner struct{ Installation, Environment string }

// Owns says whether labels are those of an object that the owner has made. One without
// an installation owns nothing.
func (o Owner) Owns(labels map[string]string) bool {
	return o.Installation != "" && labels[LabelInstallation] == o.Installation && IsOf(labels, o.Environment)
}

// Others says why labels that some installation has made for the environment are not
// those of the owner, and whether they name that installation.
func (o Owner) Others(labels map[string]string) (why string, named bool) {
	by := labels[LabelInstallation]
	if by == "" {
		return "belongs to no installation: an earlier version has made it", false
	}
	return "belongs to installation " + by + ", and this one is " + o.Installation, true
}

// IsOf says whether labels are those of an object that some installation has made for
// the environment.
func IsOf(labels map[string]string, environment string) bool {
	return labels[LabelManagedBy] == Manager && labels[LabelEnvironment] == environment
}

// IsUnadopted says whether labels are those of an object of the environment that an
// earlier version has made, which named no installation. It belongs to nobody until an
// installation adopts it.
func IsUnadopted(labels map[string]string, environment string) bool {
	return labels[LabelInstallation] == "" && IsOf(labels, environment)
}
