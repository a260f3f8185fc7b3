package helm

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	kubectl "k8s.io/kubectl/pkg/cmd"
	"k8s.io/kubectl/pkg/cmd/get"
)

// recorder defines the program kubectl as a function that writes its arguments, and every
// other program as one that does nothing: bash splits the commands of a page, and runs none.
const recorder = `PATH=
kubectl() { printf '%s\x1f' "$@" >&3; printf '\x1e' >&3; }
command_not_found_handle() { :; }
`

// commandsOf returns the arguments of each call of kubectl in the shell blocks of a page.
func commandsOf(t *testing.T, page string) [][]string {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	script := recorder
	for _, block := range regexp.MustCompile("(?ms)^ *```sh\n(.*?)^ *```$").FindAllStringSubmatch(string(text), -1) {
		script += block[1]
	}
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	folder := t.TempDir() // for files that a command writes
	bash := exec.Command("bash", "-c", script)
	bash.Dir, bash.ExtraFiles = folder, []*os.File{write}
	if err := bash.Start(); err != nil {
		t.Fatal(err)
	}
	write.Close()
	var recorded bytes.Buffer
	if _, err := recorded.ReadFrom(read); err != nil {
		t.Fatal(err)
	}
	_ = bash.Wait() // the last program of a block that does nothing may have any status
	var commands [][]string
	for call := range strings.SplitSeq(recorded.String(), "\x1e") {
		if call != "" {
			commands = append(commands, strings.Split(strings.TrimSuffix(call, "\x1f"), "\x1f"))
		}
	}
	return commands
}

// parse returns the command of kubectl that arguments call, or the error of kubectl, which
// parses their flags, their selectors and their output format.
func parse(arguments []string) (*cobra.Command, error) {
	root := kubectl.NewKubectlCommand(kubectl.KubectlOptions{
		ConfigFlags: genericclioptions.NewConfigFlags(true), IOStreams: genericiooptions.NewTestIOStreamsDiscard(),
	})
	command, rest, err := root.Find(arguments)
	if err != nil {
		return nil, err
	}
	if err := command.ParseFlags(rest); err != nil {
		return nil, err
	}
	if err := command.ValidateArgs(command.Flags().Args()); err != nil {
		return nil, err
	}
	for name, parse := range map[string]func(string) error{
		"selector":       func(text string) error { _, err := labels.Parse(text); return err },
		"field-selector": func(text string) error { _, err := fields.ParseSelector(text); return err },
	} {
		if flag := command.Flag(name); flag != nil {
			if err := parse(flag.Value.String()); err != nil {
				return nil, err
			}
		}
	}
	if command.Name() == "get" {
		flags := get.NewGetPrintFlags()
		output := command.Flag("output").Value.String()
		flags.OutputFormat = &output
		_, err = flags.ToPrinter()
	}
	return command, err
}

// TestDocumentedKubectlCommandsParse checks with kubectl's own parsers every call in the
// documentation.
func TestDocumentedKubectlCommandsParse(t *testing.T) {
	var pages []string
	for _, pattern := range []string{"../../../docs/*.md", "../../../docs/runbooks/*.md"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, found...)
	}
	count := map[string]int{}
	for _, page := range append(pages, "../../../README.md", "../../../manifests/README.md") {
		for _, arguments := range commandsOf(t, page) {
			count[filepath.Base(page)]++
			command, err := parse(slices.Clone(arguments))
			if err != nil {
				t.Errorf("%s: kubectl %q: %v", page, arguments, err)
			} else if !command.Runnable() || command.Name() == "kubectl" {
				t.Errorf("%s: kubectl %q is no command", page, arguments)
			}
		}
	}
	if count["troubleshooting.md"] < 45 || count["VLLMNoReplicaReady.md"] != 4 {
		t.Errorf("the calls are %v; want those of the whole documentation", count)
	}
}

// TestWrongKubectlCommandsDoNotParse checks that the test above notices mistakes.
func TestWrongKubectlCommandsDoNotParse(t *testing.T) {
	for _, wrong := range [][]string{
		{"-n", "inference", "gte", "pods"},
		{"get", "pods", "--lable", "a=b"},
		{"get", "pods", "-o", "jsonpath={.items[}"},
		{"get", "pods", "-o", "custom-columns=NAME"},
		{"get", "pods", "-l", "a=b=c"},
		{"get", "events", "--field-selector", "reason"},
		{"logs", "--tail=many", "pod"},
	} {
		if _, err := parse(wrong); err == nil {
			t.Errorf("kubectl %q is accepted", wrong)
		}
	}
}
