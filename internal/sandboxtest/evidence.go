package sandboxtest

import (
	"bufio"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// evidenceLines bounds what is printed of one log: its last lines.
const evidenceLines = 60

// LogPod prints what the kubelet and the container runtime of a node of the sandbox have
// written about a pod: lines that name its UID or one of its containers. Use it when a
// test fails: the logs are gone with the sandbox.
func LogPod(t testing.TB, node, uid string, containers ...string) {
	t.Helper()
	logs := filepath.Join(filepath.Dir(Kubeconfig(t)), "machines", node, "var", "log")
	runtime := filepath.Join(logs, "containerd.log")
	words := append([]string{uid}, containers...)
	made, err := linesWith(runtime, words)
	if err != nil {
		t.Logf("no log of node %s: %v", node, err)
		return
	}
	words = append(words, sandboxes(made)...)
	for _, file := range []string{filepath.Join(logs, "kubelet.log"), runtime} {
		lines, err := linesWith(file, words)
		if err != nil {
			t.Logf("no log of node %s: %v", node, err)
		}
		for _, line := range lines[max(0, len(lines)-evidenceLines):] {
			t.Logf("%s of node %s: %s", filepath.Base(file), node, line)
		}
	}
}

// sandboxes are the ids of pod sandboxes that the runtime says it has made.
func sandboxes(lines []string) []string {
	var ids []string
	id := regexp.MustCompile(`returns sandbox id \\?"([0-9a-f]{64})`)
	for _, line := range lines {
		if found := id.FindStringSubmatch(line); found != nil {
			ids = append(ids, found[1])
		}
	}
	return ids
}

// linesWith are the lines of the file that have any of the words.
func linesWith(file string, words []string) ([]string, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // only read
	var lines []string
	scanner := bufio.NewScanner(f)
	scanner.Buffer(nil, 1<<20)
	for scanner.Scan() {
		if slices.ContainsFunc(words, func(word string) bool { return strings.Contains(scanner.Text(), word) }) {
			lines = append(lines, scanner.Text())
		}
	}
	return lines, scanner.Err()
}
