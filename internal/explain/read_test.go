package explain

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"

	"github.com/vllm-eks/vllm-eks/internal/plans"
)

// stream is what `pulumi preview --json` writes with PULUMI_ENABLE_STREAMING_JSON_PREVIEW=true,
// and digest what it writes without: of an update that replaces an API key.
func read(t *testing.T, name string) Preview {
	t.Helper()
	file, err := os.Open("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }() // opened for reading
	p, err := Read(file)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestBothFormsOfPreviews holds that events and the digest explain the same consequences, and
// that only events have the new outputs.
func TestBothFormsOfPreviews(t *testing.T) {
	events, digest := read(t, "events.json"), read(t, "digest.json")
	want := []string{
		"deletion chat: reads its API key from another Secret: if the key differs, requests with the old one get 401. Safer: merge it when all clients can change their key",
		"restart chat: restarts 2 replicas one after the other (`--max-model-len 8192 → 4096`, variable `VLLM_API_KEY`): no outage",
	}
	if got := lines(Explain(digest)); !slices.Equal(got, want) {
		t.Errorf("the digest is explained as %q, want %q", got, want)
	}
	want[1] += ", about 14 min, and 10 min more if a node must start; needs 1 free GPU in g5 meanwhile"
	if got := lines(Explain(events)); !slices.Equal(got, want) {
		t.Errorf("the events are explained as %q, want %q", got, want)
	}
	if digest.After != nil || digest.Before.Costs == nil || *digest.Before.Costs != (plans.Costs{Min: 1, Max: 1.64}) {
		t.Errorf("the digest has the outputs %+v and %+v", digest.Before, digest.After)
	}
	if events.Stack != "dev" || digest.Stack != "dev" {
		t.Errorf("the stacks are %q and %q", events.Stack, digest.Stack)
	}
}

// TestMarkdown compares a whole comment.
func TestMarkdown(t *testing.T) {
	want, err := os.ReadFile("testdata/comment.md")
	if err != nil {
		t.Fatal(err)
	}
	if got := Explain(read(t, "events.json")).Markdown(); got != string(want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestUnreadablePreviews(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"nothing":           {"", "the preview: is empty"},
		"text":              {"error: no stack selected", "the preview: document 1: "},
		"a cut event":       {`{"sequence": 1}` + "\n" + `{"sequence":`, "the preview: document 2: "},
		"a list":            {"[]", "the preview: document 1: "},
		"a foreign output":  {`{"resourcePreEvent": {"metadata": {"op": "same", "urn": "urn:pulumi:a::b::pulumi:pulumi:Stack::c", "type": "pulumi:pulumi:Stack", "old": {"outputs": {"costs": 3}}}}}`, "output costs: is 3, want one line of YAML"},
		"another new plans": {`{"resOutputsEvent": {"metadata": {"urn": "u", "type": "pulumi:pulumi:Stack", "new": {"outputs": {"plans": {"a": "{min: x}"}}}}}}`, "output plans.a: "},
	} {
		if _, err := Read(strings.NewReader(test.text)); err == nil || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
	}
}

// TestFailedPreviews holds that a preview with an error has no consequences, also if it ended
// before its summary, and that its comment has every problem.
func TestFailedPreviews(t *testing.T) {
	const problem = `{"diagnosticEvent": {"prefix": "<{%fg 1%}>error: <{%reset%}>", "message": "models[0].maxModelLen: is 99999999, want at most 32768\n", "severity": "error"}}`
	for name, test := range map[string]struct {
		text string
		want []string
	}{
		"a problem":         {problem + `{"summaryEvent": {}}`, []string{"models[0].maxModelLen: is 99999999, want at most 32768"}},
		"the same twice":    {problem + problem, []string{"models[0].maxModelLen: is 99999999, want at most 32768"}},
		"an early end":      {`{"preludeEvent": {}}`, []string{"the preview ended early; run it again"}},
		"an internal error": {`{"errorEvent": {"error": "panic"}} {"summaryEvent": {}}`, []string{"panic"}},
		"a digest":          {`{"diagnostics": [{"message": "error: a", "severity": "error"}, {"message": "b", "severity": "warning"}], "changeSummary": {}}`, []string{"a"}},
	} {
		p, err := Read(strings.NewReader(test.text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		r := Explain(p)
		if !r.Failed || len(r.Consequences) > 0 || !slices.Equal(r.Problems, test.want) || r.Unchanged() {
			t.Errorf("%s: %+v, want the problems %q", name, r, test.want)
		}
		for _, line := range append(test.want, "the preview failed, and nothing can be deployed") {
			if !strings.Contains(r.Markdown(), line) {
				t.Errorf("%s: the comment lacks %q:\n%s", name, line, r.Markdown())
			}
		}
	}
}

// FuzzExplain holds that no preview stops the command, whatever it contains.
func FuzzExplain(f *testing.F) {
	for _, name := range []string{"events.json", "digest.json"} {
		text, err := os.ReadFile("testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Add(`{"resourcePreEvent": {"metadata": {"op": "delete", "urn": "a", "type": "vllm-eks:serving:VLLMService", "old": {"parent": "a"}}}} {"summaryEvent": {}}`)
	f.Fuzz(func(t *testing.T, text string) {
		p, err := Read(strings.NewReader(text))
		if err != nil {
			return
		}
		if comment := Explain(p).Markdown(); !strings.HasPrefix(comment, Marker(p.Stack)) {
			t.Errorf("the comment begins with %q", comment[:min(len(comment), 80)])
		}
	})
}

// TestDigestWithoutComponents holds that a digest, which has only the steps that change
// something, names the model of each step, by its present name.
func TestDigestWithoutComponents(t *testing.T) {
	m := record(2, 2)
	renamed := preview(&m, nil, object(apitype.OpUpdate, "kubernetes:policy/v1:PodDisruptionBudget", "chat", chat, nil, nil))
	renamed.After, renamed.Before.Models = nil, map[string]plans.Model{"talk": m}
	if got, want := lines(Explain(renamed)), []string{"change talk: changes PodDisruptionBudget; its replicas keep running"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
