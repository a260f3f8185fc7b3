package rules

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vllm-eks/vllm-eks/internal/stacktest"
	monitoringspec "github.com/vllm-eks/vllm-eks/spec/monitoring"
)

const runbooksFolder = "../../../docs/runbooks"

// everyAlert returns the alerts of a stack with every limit.
func everyAlert() []Rule {
	var list []Rule
	for _, g := range Groups([]monitoringspec.Model{{Namespace: "n", Service: "a", TTFTSeconds: 2, TPOTSeconds: 0.1, Share: 0.95}},
		monitoringspec.Bounds{MaxUSDPerHour: 1, ExtendedSupport: time.Unix(1, 0)}) {
		for _, r := range g.Rules {
			if r.Alert != "" {
				list = append(list, r)
			}
		}
	}
	return list
}

// TestAlertsAreComplete checks the labels and annotations of each alert.
func TestAlertsAreComplete(t *testing.T) {
	dashboards := []string{"vllm-eks-stack", "vllm-eks-model", "vllm-eks-scaling", "vllm-eks-gpus-and-nodes"}
	for _, r := range everyAlert() {
		if severity := r.Labels["severity"]; severity != "page" && severity != "ticket" {
			t.Errorf("%s has the severity %q", r.Alert, severity)
		}
		if want := "https://github.com/vllm-eks/vllm-eks/blob/main/docs/runbooks/" + r.Alert + ".md"; r.Annotations["runbook_url"] != want {
			t.Errorf("%s has the runbook %q, want %s", r.Alert, r.Annotations["runbook_url"], want)
		}
		if !slices.Contains(dashboards, r.Annotations["dashboard"]) || r.Annotations["summary"] == "" || r.Annotations["description"] == "" {
			t.Errorf("%s has the annotations %v", r.Alert, r.Annotations)
		}
	}
}

// TestEveryAlertHasARunbook compares the pages with the alerts, and checks the parts of each page.
func TestEveryAlertHasARunbook(t *testing.T) {
	names := map[string]bool{}
	for _, r := range everyAlert() {
		names[r.Alert] = true
	}
	pages, err := filepath.Glob(runbooksFolder + "/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range pages {
		name := strings.TrimSuffix(filepath.Base(page), ".md")
		if name == "README" {
			continue
		}
		if !names[name] {
			t.Errorf("%s is the runbook of no alert; remove or rename it", page)
		}
		delete(names, name)
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		parts := regexp.MustCompile(`(?m)^#.*`).FindAllString(string(text), -1)
		if want := []string{"# " + name, "## Meaning", "## Impact on users", "## Commands", "## How it ends"}; !slices.Equal(parts, want) {
			t.Errorf("%s has the headings %q, want %q", page, parts, want)
		}
		if n := len(regexp.MustCompile("(?m)^ *```(sh|promql)$").FindAllString(string(text), -1)); n < 1 || n > 5 {
			t.Errorf("%s has %d commands, want one to five", page, n)
		}
	}
	for name := range maps.Keys(names) {
		t.Errorf("the alert %s has no page in docs/runbooks; write it", name)
	}
}

// TestIndexOfRunbooks compares the table of the index with the alerts. With -update, it rewrites
// the table.
func TestIndexOfRunbooks(t *testing.T) {
	const path, end = runbooksFolder + "/README.md", "<!-- end of the table -->"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), "go test ./components/monitoring/rules -update -->\n")
	_, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no place for the table", path)
	}
	want := before + "go test ./components/monitoring/rules -update -->\n\n" + table(everyAlert()) + "\n" + end + after
	if want == string(text) {
		return
	}
	if !*stacktest.Update {
		t.Fatalf("%s is not current; run: go test ./components/monitoring/rules -update", path)
	}
	if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

func table(alerts []Rule) string {
	var b strings.Builder
	b.WriteString("| alert | severity | fires after | meaning |\n|---|---|---|---|\n")
	variable := regexp.MustCompile(`\{\{ \$labels\.([a-z_]+) \}\}`)
	for _, r := range alerts {
		summary := variable.ReplaceAllString(r.Annotations["summary"], "<$1>")
		duration := r.For
		if duration == "" {
			duration = "at once"
		}
		if window := r.Labels["window"]; window != "" {
			summary += " (window " + window + ")"
		}
		fmt.Fprintf(&b, "| [%[1]s](%[1]s.md) | %[2]s | %[3]s | `%[4]s` |\n", r.Alert, r.Labels["severity"], duration, summary)
	}
	return b.String()
}
