package stack

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/config"
	"github.com/vllm-eks/vllm-eks/internal/keys"
	"github.com/vllm-eks/vllm-eks/internal/stacktest"
	"github.com/vllm-eks/vllm-eks/spec/serving"
)

func servingDocumentation(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../docs/serving.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestDocumentedStackIsAccepted checks that the example in the documentation is a valid
// stack.
func TestDocumentedStackIsAccepted(t *testing.T) {
	found := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindStringSubmatch(servingDocumentation(t))
	if found == nil {
		t.Fatal("docs/serving.md shows no YAML")
	}
	deployments := 0
	for _, resource := range mustRecord(t, "documented", mustParse(t, found[1])).Resources() {
		if resource.Type == "kubernetes:apps/v1:Deployment" {
			deployments++
		}
	}
	if deployments != 2 {
		t.Errorf("the example gives %d Deployments, want 2", deployments)
	}
}

func TestDocumentedHardwareIsAccepted(t *testing.T) {
	_, section, _ := strings.Cut(servingDocumentation(t), "\n## Own hardware\n")
	_, yaml, _ := strings.Cut(section, "```yaml\n")
	yaml, _, _ = strings.Cut(yaml, "```")
	cfg := loadConfig(t, mustParse(t, "config:\n"+validCluster+yaml+"  vllm-eks:models: [{name: a, model: Qwen/Qwen3-8B, maxModelLen: 8192, nodeGroup: lab}]"))
	e, ok := cfg.Models[0].Estimate()
	if !ok || e.Hardware() != "1 × X200 (lab)" || e.Cost.Max != 12 || e.About() == "" || len(cfg.NodeGroups) != 2 {
		t.Errorf("on %s, %s USD/h", e.Hardware(), e.Cost)
	}
}

// TestDocumentedMessageIsTheProgramsOwn compares the message in the documentation with
// that of the program.
func TestDocumentedMessageIsTheProgramsOwn(t *testing.T) {
	found := regexp.MustCompile("`(models\\[1\\]\\.gpu\\.count: is (-?\\d+),[^`]*)`").FindStringSubmatch(servingDocumentation(t))
	if found == nil {
		t.Fatal("docs/serving.md shows no message about models[1].gpu.count")
	}
	yaml := "config:\n" + validCluster + "  vllm-eks:models: [{name: a, model: org/m}, {name: b, model: org/m, gpu: {count: " + found[2] + "}}]"
	_, err := record("test", mustParse(t, yaml))
	if err == nil {
		t.Fatal("the configuration was accepted")
	}
	if got := messages(err); len(got) != 1 || strings.TrimSpace(got[0]) != found[1] {
		t.Errorf("the program says %q, the documentation %q", got, found[1])
	}
}

// TestEveryKeyIsInAStackWithManyKeys checks that golden files cover every key: one of the
// two stacks with all keys has it.
func TestEveryKeyIsInAStackWithManyKeys(t *testing.T) {
	used := map[string]bool{}
	for _, file := range []string{"testdata/everything.yaml", "testdata/everything-aws.yaml"} {
		stack, err := stacktest.ReadConfig(file)
		if err != nil {
			t.Fatal(err)
		}
		for name, value := range stack.Values {
			var object any
			if err := json.Unmarshal([]byte(value), &object); err != nil {
				object = value // a plain text
			}
			addPaths(used, strings.TrimPrefix(name, stacktest.Project+":"), object)
		}
	}
	// These keys are for an existing VPC or Secret, or for a third receiver of alerts, and
	// exclude other keys.
	for _, path := range []string{"network.vpcId", "network.privateSubnetIds", "network.publicSubnetIds", "monitoring.grafana.existingSecret", "alertWebhookUrl"} {
		if used[path] {
			t.Errorf("%s is used after all; remove it from the exceptions", path)
		}
		used[path] = true
	}
	// components/serving has a golden file of each scaling policy, with its settings.
	for _, f := range keys.Fields(&serving.Settings{}) {
		used["models[].scaling."+f.Name] = true
	}
	declared, err := config.Keys()
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range declared.List() {
		if !used[k.Path] {
			t.Errorf("neither stack has %s; use it in testdata/everything.yaml or everything-aws.yaml", k.Path)
		}
	}
}

// addPaths adds the path of a value and the paths of all values in it. A key in the
// defaults or in a pin counts as the key of the mapping to which it applies.
func addPaths(used map[string]bool, path string, value any) {
	used[path] = true
	switch v := value.(type) {
	case map[string]any:
		for key, inner := range v {
			addPaths(used, path+"."+key, inner)
			if scope, found := strings.CutSuffix(path, ".pin"); found {
				addPaths(used, scope+"."+key, inner)
			}
			if path == "defaults" {
				addPaths(used, "models[]."+key, inner)
			}
		}
	case []any:
		for _, inner := range v {
			addPaths(used, path+"[]", inner)
		}
	}
}

// TestDocumentedTableIsThePreviews compares the table in docs/sizing.md with the preview
// of the prod stack.
func TestDocumentedTableIsThePreviews(t *testing.T) {
	const path = "../docs/sizing.md"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	table := loadConfig(t, stackFile(t, "prod")).Size().Table()
	block := regexp.MustCompile("(?s)```text\n.*?```")
	renewed := strings.Replace(string(text), block.FindString(string(text)), "```text\n"+table+"\n```", 1)
	if *stacktest.Update {
		if err := os.WriteFile(path, []byte(renewed), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if renewed != string(text) {
		t.Errorf("%s does not show\n%s", path, table)
	}
}
