package webhook

import "slices"

// signers are those whose secret made a signature.
type signers struct {
	// shared says that it was a secret of no project.
	shared   bool
	projects []string
}

func (s signers) nobody() bool { return !s.shared && len(s.projects) == 0 }

// signers compares the signature with every secret, so that the time tells nothing.
func (h *handler) signers(said claim, body []byte) signers {
	by := signers{shared: said.signed(h.Secrets, body)}
	for project, secrets := range h.Projects {
		if said.signed(secrets, body) {
			by.projects = append(by.projects, project)
		}
	}
	return by
}

// speaksFor says whether a signer may report builds of the project. One that has
// secrets of its own is spoken for by these alone.
func (h *handler) speaksFor(by signers, project string) bool {
	return slices.Contains(by.projects, project) || by.shared && len(h.Projects[project]) == 0
}

func filled(secrets []string) []string {
	return slices.DeleteFunc(slices.Clone(secrets), func(s string) bool { return s == "" })
}

func filledAll(projects map[string][]string) map[string][]string {
	all := map[string][]string{}
	for project, secrets := range projects {
		if some := filled(secrets); len(some) > 0 {
			all[project] = some
		}
	}
	return all
}
