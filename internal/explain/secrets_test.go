package explain

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
)

// TestSecretsStayHidden holds that no value of a Secret is in a report, even if the engine did
// not hide it.
func TestSecretsStayHidden(t *testing.T) {
	const canary = "hf_canary7d1e"
	encoded := tree(t, `{"metadata": {"name": "a"}, "stringData": {"token": %q}, "data": {"token": %[1]q}}`, canary)
	before := tree(t, `{"stringData": "[secret]"}`)
	encrypted := tree(t, `{"value": {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": %q, "plaintext": %[1]q}}`, canary)
	m := record(1, 1)
	p := preview(&m, &m,
		object(apitype.OpUpdate, secretType, "token", root, before, encoded),
		object(apitype.OpUpdate, "aws:ssm/parameter:Parameter", "token", root, encrypted, tree(t, `{"value": "[secret]", "tier": "new"}`)))
	r := Explain(p)
	if text := r.Markdown(); strings.Contains(text, canary) || !strings.Contains(text, "stringData: '[secret]'") || !strings.Contains(text, "+tier: new") {
		t.Errorf("the comment is\n%s", text)
	}
}

// TestValuesAreLiteral holds that a value of the stack cannot mention people, end the block of
// code or add markup to the comment.
func TestValuesAreLiteral(t *testing.T) {
	const evil = "`@team <img src=x> [link](https://example.com)\n\n# heading ``` "
	m := record(1, 1)
	p := preview(&m, &m, box(apitype.OpSame, chat),
		object(apitype.OpUpdate, deploymentType, "chat", chat, deployment(t, "chat", "1", 1, "--model", "a"), deployment(t, "chat", "1", 1, "--model", evil)))
	p.Messages = []Message{{"warning", "models[0].model: is " + evil}}
	text := Explain(p).Markdown()
	if !strings.Contains(text, "(`--model a → '@team <img src=x> [link](https://example.com) # heading '''`)") {
		t.Errorf("the sentence is not literal:\n%s", text)
	}
	if !strings.Contains(text, "````\nmodels[0].model") || !strings.Contains(text, "````diff") {
		t.Errorf("a block of code can be ended by a value:\n%s", text)
	}
}

// TestLongComments holds that a comment is within the limit of GitHub, and says what it lacks.
func TestLongComments(t *testing.T) {
	m := record(1, 1)
	var steps []Step
	for range 3000 {
		steps = append(steps, object(apitype.OpCreate, "aws:ec2/eip:Eip", strings.Repeat("a", 40), root, nil, nil))
	}
	text := Explain(preview(&m, &m, steps...)).Markdown()
	if len(text) > 65_536 || !strings.Contains(text, "lines more: see the workflow's log\n```") {
		t.Errorf("the comment has %d characters and ends with %q", len(text), text[len(text)-200:])
	}
}
