package archtest

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestContributingNamesFiles: the files that a new service is shown by are there.
func TestContributingNamesFiles(t *testing.T) {
	text, err := os.ReadFile(root + "/CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## Add a service\n")
	section, _, _ = strings.Cut(section, "\n## ")
	rows := regexp.MustCompile("(?m)^\\| (`.*?) \\|").FindAllStringSubmatch(section, -1)
	if len(rows) == 0 {
		t.Fatal("no table of files")
	}
	for _, row := range rows {
		for _, file := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(row[1], -1) {
			if _, err := os.Stat(root + "/" + file[1]); err != nil {
				t.Error(err)
			}
		}
	}
}
