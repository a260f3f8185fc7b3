package conformance

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/promql/parser"
)

// commandBlock is a command of a runbook: its language, and its text.
var commandBlock = regexp.MustCompile("(?ms)^ *```(sh|promql)\n(.*?)^ *```$")

// TestCommandsOfRunbooksParse parses every command: those of a shell by bash, and queries by
// Prometheus.
func TestCommandsOfRunbooksParse(t *testing.T) {
	pages, err := filepath.Glob("../../docs/runbooks/*.md")
	if err != nil {
		t.Fatal(err)
	}
	commands := map[string]int{}
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range commandBlock.FindAllStringSubmatch(string(text), -1) {
			language, command := found[1], strings.TrimSpace(found[2])
			commands[language]++
			if language == "promql" {
				if _, err := parser.ParseExpr(command); err != nil {
					t.Errorf("%s: %s: %v", page, command, err)
				}
				continue
			}
			bash := exec.CommandContext(t.Context(), "bash", "-n")
			bash.Stdin = strings.NewReader(command)
			if out, err := bash.CombinedOutput(); err != nil {
				t.Errorf("%s: %s: %v %s", page, command, err, out)
			}
			if first := strings.Fields(command)[0]; first != "kubectl" && first != "pulumi" && !strings.Contains(first, "=") {
				t.Errorf("%s: %s: is no command of kubectl or pulumi", page, command)
			}
		}
	}
	if commands["sh"] < 30 || commands["promql"] < 15 {
		t.Errorf("the runbooks have %v commands: this test parses too few", commands)
	}
}
