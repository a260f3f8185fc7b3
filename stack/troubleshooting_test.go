package stack

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/config"
	"github.com/vllm-eks/vllm-eks/internal/commands"
	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// shellBlocks returns the shell blocks of a page.
func shellBlocks(page string) []commands.Block {
	return slices.DeleteFunc(commands.Blocks(page), func(b commands.Block) bool { return b.Language != commands.Shell })
}

// TestShellBlocksAreBash checks the syntax of every shell block of the documentation.
func TestShellBlocksAreBash(t *testing.T) {
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("bash is not installed")
	}
	blocks := 0
	for _, page := range documentationPages(t) {
		for _, block := range shellBlocks(readPage(t, page)) {
			blocks++
			if err := commands.Parse(block.Text); err != nil {
				t.Errorf("%s: %v", page, err)
			}
		}
	}
	if blocks < 40 {
		t.Errorf("%d blocks are checked, want those of the whole documentation", blocks)
	}
}

// troubleshooting returns the sections of the page, by their headings.
func troubleshooting(t *testing.T) map[string]string {
	t.Helper()
	sections := map[string]string{}
	for _, section := range strings.Split(readPage(t, "../docs/troubleshooting.md"), "\n## ")[1:] {
		heading, text, _ := strings.Cut(section, "\n")
		sections[heading] = text
	}
	if len(sections) < 18 {
		t.Fatalf("the page has %d sections", len(sections))
	}
	return sections
}

// TestEachSymptomHasCommands checks that each section tells causes apart by commands.
func TestEachSymptomHasCommands(t *testing.T) {
	for heading, text := range troubleshooting(t) {
		if !strings.HasPrefix(heading, "Names of metrics") && len(shellBlocks(text)) == 0 {
			t.Errorf("%q has no command", heading)
		}
	}
}

// TestFixesNameKeys checks that every key of the page is declared.
func TestFixesNameKeys(t *testing.T) {
	declared, err := config.Keys()
	if err != nil {
		t.Fatal(err)
	}
	known, roots := map[string]bool{}, map[string]bool{}
	for _, k := range declared.List() {
		for _, path := range []string{k.Path, strings.TrimPrefix(k.Path, "models[].")} {
			known[path] = true
			root, _, _ := strings.Cut(path, ".")
			roots[root] = true
		}
	}
	checked := 0
	for heading, text := range troubleshooting(t) {
		for _, found := range regexp.MustCompile("`([a-z][A-Za-z0-9]*(?:\\[\\])?(?:\\.[a-z][A-Za-z0-9]*(?:\\[\\])?)+)(?:: [^`]*)?`").FindAllStringSubmatch(text, -1) {
			root, _, _ := strings.Cut(found[1], ".")
			if !roots[root] {
				continue // a host, or another name with a dot
			}
			if checked++; !known[found[1]] {
				t.Errorf("%q names the key %s, which does not exist", heading, found[1])
			}
		}
	}
	if checked < 40 {
		t.Errorf("%d keys are checked", checked)
	}
}

// TestCommandsUseNamesOfTheProgram checks the labels of pods, the namespaces and the containers of
// the page and of the runbooks.
func TestCommandsUseNamesOfTheProgram(t *testing.T) {
	page := readPage(t, "../docs/troubleshooting.md")
	runbooks, err := filepath.Glob("../docs/runbooks/*.md")
	if err != nil {
		t.Fatal(err)
	}
	labels := serving.Spec{Name: "$MODEL"}.SelectorLabels()
	var selector []string
	for _, name := range []string{"app.kubernetes.io/name", "app.kubernetes.io/instance"} {
		selector = append(selector, name+"="+labels[name])
	}
	if want := `PODS="` + strings.Join(selector, ",") + `"`; len(labels) != len(selector) || !strings.Contains(page, want+"\n") {
		t.Errorf("the page has no line %s", want)
	}
	for _, runbook := range runbooks {
		page += readPage(t, runbook)
	}
	namespaces := []string{`"$NS"`, `"$namespace"`, "NS"}
	for _, r := range config.Releases() {
		for _, n := range r.Namespaces() {
			namespaces = append(namespaces, n.Name)
		}
	}
	used := regexp.MustCompile(`kubectl -n (\S+)`).FindAllStringSubmatch(page, -1)
	if len(used) < 65 {
		t.Fatalf("%d commands name a namespace", len(used))
	}
	for _, found := range used {
		if !slices.Contains(namespaces, found[1]) {
			t.Errorf("%s is no namespace of the program", found[0])
		}
	}
	for _, name := range regexp.MustCompile(`-c ([a-z-]+)`).FindAllStringSubmatch(page, -1) {
		if name[1] != serving.ContainerName && name[1] != "grafana-sc-dashboard" {
			t.Errorf("%s is no container of a replica", name[1])
		}
	}
}
