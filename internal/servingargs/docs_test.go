package servingargs

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/internal/keys"
)

const root = "../.."

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// arguments returns the arguments of VLLMService by their paths.
func arguments(t *testing.T) map[string]*keys.Key {
	t.Helper()
	declared, err := VLLMService(Comments(root))
	if err != nil {
		t.Fatal(err)
	}
	list := map[string]*keys.Key{}
	for _, k := range declared.Mapping.AllArguments() {
		list[k.Path] = k
	}
	return list
}

var codeBlock = regexp.MustCompile("(?s)```(\\w+)\n(.*?)```")

// TestSnippetsOfExamples checks that the documentation shows parts of examples,
// which other tests run, and that its Python snippets use existing arguments.
func TestSnippetsOfExamples(t *testing.T) {
	examples := map[string]string{
		"yaml":       read(t, "examples/existing-cluster-yaml/Pulumi.yaml"),
		"typescript": read(t, "examples/existing-cluster-typescript/index.ts"),
		"go":         read(t, "examples/existing-cluster/main.go"),
	}
	seen := map[string]int{}
	for _, block := range codeBlock.FindAllStringSubmatch(read(t, "docs/languages.md"), -1) {
		language, code := block[1], block[2]
		seen[language]++
		if language != "python" && !strings.Contains(examples[language], code) {
			t.Errorf("the snippet in %s is not a part of the example:\n%s", language, code)
		}
		if language == "python" {
			checkPython(t, code)
		}
	}
	for _, language := range []string{"yaml", "typescript", "go", "python"} {
		if seen[language] == 0 {
			t.Errorf("there is no snippet in %s", language)
		}
	}
}

var (
	keyword = regexp.MustCompile(`\b([a-z_]+)=`)
	snake   = regexp.MustCompile(`_([a-z])`)
)

// checkPython checks that keywords are arguments. The SDK for Python writes maxModelLen
// as max_model_len.
func checkPython(t *testing.T, code string) {
	t.Helper()
	list := arguments(t)
	for _, found := range keyword.FindAllStringSubmatch(code, -1) {
		name := snake.ReplaceAllStringFunc(found[1], func(s string) string { return strings.ToUpper(s[1:]) })
		if list[name] == nil {
			t.Errorf("%s is no argument", found[1])
		}
	}
}

// TestInputsAreDocumented checks that the documentation lists every argument that may
// be an output.
func TestInputsAreDocumented(t *testing.T) {
	_, list, _ := strings.Cut(read(t, "docs/languages.md"), "<!-- inputs -->")
	list, _, ok := strings.Cut(list, "<!-- end -->")
	if !ok {
		t.Fatal("there is no list of inputs")
	}
	var got, want []string
	for name := range strings.SplitSeq(list, ", ") {
		got = append(got, strings.Trim(name, "`"))
	}
	for path, k := range arguments(t) {
		if k.Input {
			want = append(want, path)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("documented are\n%q, want\n%q", got, want)
	}
}

// TestOutputsAreDocumented checks that the documentation lists every output.
func TestOutputsAreDocumented(t *testing.T) {
	var schema struct {
		Resources map[string]struct{ Properties map[string]any }
	}
	if err := json.Unmarshal([]byte(read(t, "provider/schema.json")), &schema); err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(read(t, "docs/languages.md"), "| output | value |")
	properties := schema.Resources["vllm-eks:serving:VLLMService"].Properties
	if len(properties) == 0 {
		t.Fatal("the schema has no outputs")
	}
	for name := range properties {
		if !strings.Contains(table, "`"+name+"`") {
			t.Errorf("%s is not documented", name)
		}
	}
}
