// Package upgrades checks what an update from the last release to the working tree changes:
// it replaces and deletes nothing, and it restarts the pods that CHANGELOG.md lists. It holds
// the stored states of releases; a test with the Pulumi engine previews the working tree from
// them.
package upgrades

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// Unreleased is the version of the section of CHANGELOG.md with the changes since the last
// release.
const Unreleased = "Unreleased"

// Section is the section of a release in CHANGELOG.md.
type Section struct {
	// Version is the release, such as v0.1.0, or Unreleased.
	Version string
	// Restarts lists the pods that restart when a stack is updated to the release.
	Restarts Restarts
}

// heading matches the heading of a release.
var heading = regexp.MustCompile(`^## (?:(Unreleased)|(\d+\.\d+\.\d+) - \d{4}-\d{2}-\d{2})$`)

// restartsPrefix begins the line of a section that lists the pods.
const restartsPrefix = "Pods that restart: "

// Sections returns the sections of the releases in CHANGELOG.md, the newest first. The error
// has every problem, each with its section.
func Sections(changelog string) ([]Section, error) {
	var sections []Section
	var problems []error
	lists := map[string][]string{} // the lists of pods, by version
	version := ""
	for line := range strings.Lines(changelog) {
		line = strings.TrimRight(line, "\r\n")
		if strings.HasPrefix(line, "## ") {
			version = ""
			if found := heading.FindStringSubmatch(line); found != nil {
				version = found[1]
				if version == "" {
					version = "v" + found[2]
				}
				sections = append(sections, Section{Version: version})
			}
		}
		if list, found := strings.CutPrefix(line, restartsPrefix); found && version != "" {
			lists[version] = append(lists[version], list)
		}
	}
	for i := range sections {
		s := &sections[i]
		found := lists[s.Version]
		if len(found) != 1 {
			problems = append(problems, fmt.Errorf("CHANGELOG.md: %s: has %d lines that begin with %q, want one", s.Version, len(found), restartsPrefix))
			continue
		}
		restarts, err := ParseRestarts(found[0])
		if err != nil {
			problems = append(problems, fmt.Errorf("CHANGELOG.md: %s: %s%w", s.Version, restartsPrefix, err))
		}
		s.Restarts = restarts
	}
	if len(sections) == 0 {
		problems = append(problems, errors.New("CHANGELOG.md: has no section of a release, want such as: ## 0.2.0 - 2027-01-31"))
	}
	return sections, errors.Join(problems...)
}
