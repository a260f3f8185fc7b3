package explain

import (
	"fmt"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"

	"github.com/vllm-eks/vllm-eks/internal/plans"
)

// TestLength holds that a comment is never longer than GitHub accepts, and says what it lacks.
func TestLength(t *testing.T) {
	const accepted = 65_536
	var long []string
	var consequences []Consequence
	for i := range 2_000 {
		long = append(long, fmt.Sprintf("line %d %s", i, strings.Repeat("x", 100)))
		consequences = append(consequences, Consequence{Subject: fmt.Sprint("model-", i), Kind: Change, Text: strings.Repeat("y", 100)})
	}
	few := consequences[:1]
	for name, r := range map[string]Report{
		"problems":     {Stack: "dev", Failed: true, Problems: long},
		"warnings":     {Stack: "dev", Consequences: few, Warnings: long, Diff: strings.Join(long, "\n")},
		"consequences": {Stack: "dev", Consequences: consequences, Warnings: long, Diff: strings.Join(long, "\n")},
		"one line":     {Stack: "dev", Consequences: few, Warnings: []string{strings.Repeat("z", 200_000)}},
	} {
		if text := r.Markdown(); len(text) > accepted || !strings.Contains(text, "lines more: see the workflow's log") || strings.Count(text, "```")%2 != 0 {
			t.Errorf("%s: the comment has %d characters and ends with %q", name, len(text), text[max(0, len(text)-200):])
		}
	}
}

// TestCells holds that a value of the stack cannot break the table.
func TestCells(t *testing.T) {
	r := Report{Stack: "dev", Consequences: []Consequence{{Subject: "chat", Kind: Change, Text: "x"}},
		Models: []ModelChange{{Name: "chat", After: &plans.Model{Hardware: "1 × a|b @team <b>`_*[x]", Max: 1, Min: 1}}}}
	want := "| chat (new) | 1 × a\\|b &#64;team &lt;b>\\`\\_\\*\\[x] | – | – | – | – | 1 | – |\n"
	if got := r.Markdown(); !strings.Contains(got, want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestNewAndDeletedModels holds that the table marks models that an update creates or deletes.
func TestNewAndDeletedModels(t *testing.T) {
	m := record(1, 1)
	for want, p := range map[string]Preview{"| chat (new) | – | – | – | – | – | 1 | – |": preview(nil, &m), "| chat (deleted) | – | – | – | – | – | 1 | – |": preview(&m, nil)} {
		p.Steps = append(p.Steps, object(apitype.OpCreate, "aws:ec2/eip:Eip", "a", root, nil, nil))
		if text := Explain(p).Markdown(); !strings.Contains(text, want) {
			t.Errorf("the comment lacks %q:\n%s", want, text)
		}
	}
}
