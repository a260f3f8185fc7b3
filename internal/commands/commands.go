// Package commands extracts the commands from pages of the documentation, so that tests can
// parse and execute them.
package commands

import (
	"fmt"
	"os/exec"
	"regexp"
	"strings"
)

// Languages of blocks.
const (
	Shell  = "sh"
	PromQL = "promql"
)

// Changes begins the comment of a command that changes the cluster or the account.
const Changes = "# changes the "

// Block is a block of commands of a page.
type Block struct {
	// Language is Shell or PromQL.
	Language string
	// Text holds the lines, without the indentation of the block.
	Text string
}

// fence matches a block: its indentation, its language and its lines.
var fence = regexp.MustCompile("(?ms)^( *)```(sh|promql)\n(.*?)^ *```$")

// Blocks returns the blocks of a page of Markdown, in their order.
func Blocks(page string) []Block {
	var list []Block
	for _, found := range fence.FindAllStringSubmatch(page, -1) {
		var text strings.Builder
		for line := range strings.Lines(found[3]) {
			text.WriteString(strings.TrimPrefix(line, found[1]))
		}
		list = append(list, Block{Language: found[2], Text: text.String()})
	}
	return list
}

// Commands returns the commands of a block: a query, or the complete commands of a shell, which
// may have several lines. The error names a command that bash does not parse.
func (b Block) Commands() ([]string, error) {
	if b.Language == PromQL {
		return []string{strings.TrimSpace(b.Text)}, nil
	}
	var list []string
	var command strings.Builder
	for line := range strings.Lines(b.Text) {
		if text := strings.TrimSpace(line); command.Len() == 0 && (text == "" || strings.HasPrefix(text, "#")) {
			continue
		}
		command.WriteString(line)
		// A line that bash cannot parse alone begins a command of several lines.
		if strings.HasSuffix(line, "\\\n") || Parse(command.String()) != nil {
			continue
		}
		list = append(list, strings.TrimSpace(command.String()))
		command.Reset()
	}
	if command.Len() > 0 {
		return list, Parse(command.String())
	}
	return list, nil
}

// Parse checks the syntax of a command with bash.
func Parse(command string) error {
	bash := exec.Command("bash", "-n")
	bash.Stdin = strings.NewReader(command)
	if out, err := bash.CombinedOutput(); err != nil {
		return fmt.Errorf("bash: %q: %w: %s", command, err, out)
	}
	return nil
}

// asked matches a query of the function ask, which the page on troubleshooting defines.
var asked = regexp.MustCompile(`^ask "(.*)"$`)

// Query returns the query of a command ask "QUERY". It may have variables of the shell.
func Query(command string) (query string, ok bool) {
	found := asked.FindStringSubmatch(command)
	if found == nil {
		return "", false
	}
	return strings.ReplaceAll(found[1], `\"`, `"`), true
}
