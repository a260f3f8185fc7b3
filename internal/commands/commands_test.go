package commands_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/internal/commands"
)

const page = "# Page\n\n1. List\n\n   ```promql\n   up == 1\n   ```\n\n   ```sh\n   kubectl get pods | grep a\n   ```\n\n" +
	"```sh\n# a comment\nNS=a\n\nkubectl get \\\n  pods\nfor a in b; do\n  echo $a\ndone\nask \"sum({a=\\\"b\\\"})\"\nkubectl port-forward a 1   # in another shell\n```\n\n```yaml\na: b\n```\n"

func TestBlocksAndCommands(t *testing.T) {
	want := []struct {
		language string
		commands []string
	}{
		{commands.PromQL, []string{"up == 1"}},
		{commands.Shell, []string{"kubectl get pods | grep a"}},
		{commands.Shell, []string{"NS=a", "kubectl get \\\n  pods", "for a in b; do\n  echo $a\ndone", `ask "sum({a=\"b\"})"`, "kubectl port-forward a 1   # in another shell"}},
	}
	blocks := commands.Blocks(page)
	if len(blocks) != len(want) {
		t.Fatalf("%d blocks: %+v", len(blocks), blocks)
	}
	for i, b := range blocks {
		list, err := b.Commands()
		if err != nil || b.Language != want[i].language || !slices.Equal(list, want[i].commands) {
			t.Errorf("block %d is %s with %q, %v; want %+v", i, b.Language, list, err, want[i])
		}
	}
}

func TestIncompleteCommand(t *testing.T) {
	list, err := commands.Block{Language: commands.Shell, Text: "echo a\nfor b in c; do\n"}.Commands()
	if err == nil || !strings.Contains(err.Error(), "for b in c") || !slices.Equal(list, []string{"echo a"}) {
		t.Errorf("got %q, %v", list, err)
	}
}

func TestQuery(t *testing.T) {
	if query, ok := commands.Query(`ask "sum({a=\"b\"})"`); !ok || query != `sum({a="b"})` {
		t.Errorf("got %q, %t", query, ok)
	}
	if query, ok := commands.Query(`kubectl get pods`); ok {
		t.Errorf("got %q of a command without a query", query)
	}
}
