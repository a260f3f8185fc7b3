package conformance

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// documented are the keys of the tables of docs/serving.md.
type documented []string

var (
	keyRow   = regexp.MustCompile("(?m)^\\| (`[^|]*?`[^|]*) \\|")
	keyName  = regexp.MustCompile("`([A-Za-z][A-Za-z0-9.\\[\\]]*)`")
	oneIndex = regexp.MustCompile(`\[\d+\]`)
)

// documentedKeys reads the two tables of keys: of a stack and of a model.
func documentedKeys(t *testing.T) documented {
	t.Helper()
	text, err := os.ReadFile("../../docs/serving.md")
	if err != nil {
		t.Fatal(err)
	}
	_, tables, found := strings.Cut(string(text), "## Keys of a stack")
	tables, _, ended := strings.Cut(tables, "## Lifecycle")
	if !found || !ended {
		t.Fatal("docs/serving.md has no tables of keys")
	}
	var keys documented
	for _, row := range keyRow.FindAllStringSubmatch(tables, -1) {
		for _, name := range keyName.FindAllStringSubmatch(row[1], -1) {
			// A model's node group is one of the stack's.
			keys = append(keys, strings.Replace(name[1], "nodeGroups[]", "nodeGroup", 1))
		}
	}
	if len(keys) < 90 {
		t.Fatalf("docs/serving.md has only %d keys: %q", len(keys), keys)
	}
	return keys
}

// names tells whether a key is documented, is within one that is, as of a
// mapping, or is what several that are have in common.
func (keys documented) names(key string) bool {
	key = oneIndex.ReplaceAllString(key, "[]")
	for _, known := range keys {
		if key == known || within(key, known) || within(known, key) || key == known+"[]" {
			return true
		}
	}
	return false
}

func within(key, outer string) bool {
	return strings.HasPrefix(key, outer+".") || strings.HasPrefix(key, outer+"[")
}
