package serving

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestEveryPolicyIsDocumented holds that the table of docs/serving.md has one row for
// each policy, as it is declared, and no other.
func TestEveryPolicyIsDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/serving.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, found := strings.Cut(string(text), "\n| policy | what decides | needs |\n|---|---|---|\n")
	table, _, _ = strings.Cut(table, "\n\n")
	if !found {
		t.Fatal("docs/serving.md has no table of policies")
	}
	var rows []string
	for _, p := range Policies() {
		needs := strings.Join(p.Needs(), ", ")
		if needs == "" {
			needs = "–"
		}
		rows = append(rows, fmt.Sprintf("| `%s` | %s | %s |", p.Name, p.Doc, needs))
	}
	if want := strings.Join(rows, "\n"); table != want {
		t.Errorf("the table of docs/serving.md is\n%s\nwant\n%s", table, want)
	}
}
