//go:build cluster

package e2e

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/vllm-eks/vllm-eks/internal/commands"
)

// documentedCommand is a command of a page.
type documentedCommand struct {
	page, language, text string
	// definitions are the lines of the page, or of its index, that set variables and functions.
	definitions []string
}

// definition matches a command that sets variables or defines a function.
var definition = regexp.MustCompile(`^(\w+=\S+ ?)+$|^\w+\(\) `)

// pageCommands returns the commands of a page, and the lines so far that set variables and
// functions.
func pageCommands(t *testing.T, page string, definitions []string) ([]documentedCommand, []string) {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	var list []documentedCommand
	for _, block := range commands.Blocks(string(text)) {
		found, err := block.Commands()
		if err != nil {
			t.Fatalf("%s: %v", page, err)
		}
		for _, command := range found {
			if block.Language == commands.Shell && definition.MatchString(command) {
				definitions = append(definitions, command)
				continue
			}
			list = append(list, documentedCommand{filepath.Base(page), block.Language, command, slices.Clone(definitions)})
		}
	}
	return list, definitions
}
