package conformance

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/vllm-eks/vllm-eks/internal/commands"
)

// TestCommandsOfRunbooksParse parses every command of the runbooks, and of the pages about
// incidents and upgrading: those of a shell by bash, and queries by Prometheus.
func TestCommandsOfRunbooksParse(t *testing.T) {
	pages, err := filepath.Glob("../../docs/runbooks/*.md")
	if err != nil {
		t.Fatal(err)
	}
	pages = append(pages, "../../docs/incidents.md", "../../docs/upgrading.md")
	count := map[string]int{}
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range commands.Blocks(string(text)) {
			list, err := block.Commands()
			if err != nil {
				t.Errorf("%s: %v", page, err)
			}
			for _, command := range list {
				count[block.Language]++
				if block.Language == commands.PromQL {
					if _, err := parser.ParseExpr(command); err != nil {
						t.Errorf("%s: %s: %v", page, command, err)
					}
				} else if first := strings.Fields(command)[0]; !slices.Contains([]string{"kubectl", "pulumi", "git"}, first) && !strings.Contains(first, "=") {
					t.Errorf("%s: %s: is no command of kubectl, pulumi or git", page, command)
				}
			}
		}
	}
	if count[commands.Shell] < 30 || count[commands.PromQL] < 15 {
		t.Errorf("the runbooks have %v commands: this test parses too few", count)
	}
}
