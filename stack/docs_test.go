package stack

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/internal/stacktest"
)

func servingDocumentation(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../docs/serving.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The example in the documentation is a valid stack.
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

// The message in the documentation is what the program says.
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

// testdata/everything.yaml and everything-aws.yaml hold every key, so the
// documentation must too.
func TestEveryKeyIsDocumented(t *testing.T) {
	aws, err := os.ReadFile("../docs/aws.md")
	if err != nil {
		t.Fatal(err)
	}
	for file, text := range map[string]string{
		"testdata/everything.yaml": servingDocumentation(t), "testdata/everything-aws.yaml": servingDocumentation(t) + string(aws),
	} {
		everything, err := stacktest.ReadConfig(file)
		if err != nil {
			t.Fatal(err)
		}
		for name, value := range everything.Values {
			key := strings.TrimPrefix(name, stacktest.Project+":")
			var object any
			if err := json.Unmarshal([]byte(value), &object); err != nil {
				object = value // a plain text
			}
			if key == "models" || key == "defaults" {
				key = ""
			}
			for _, path := range keyPaths(key, object) {
				if !strings.Contains(text, "`"+path+"`") {
					t.Errorf("the documentation does not name %s", path)
				}
			}
		}
	}
}

// TestEveryKeyOfAWSIsInTheStackThatHasThemAll holds that the two stacks with every key have it:
// what the decoder asks for and they lack would be documented by nobody.
func TestEveryKeyOfAWSIsInTheStackThatHasThemAll(t *testing.T) {
	text, err := os.ReadFile("../docs/aws.md")
	if err != nil {
		t.Fatal(err)
	}
	everything, err := stacktest.ReadConfig("testdata/everything-aws.yaml")
	if err != nil {
		t.Fatal(err)
	}
	had := map[string]bool{}
	for name, value := range everything.Values {
		var object any
		if err := json.Unmarshal([]byte(value), &object); err != nil {
			object = value
		}
		for _, path := range keyPaths(strings.TrimPrefix(name, stacktest.Project+":"), object) {
			had[path] = true
		}
	}
	_, keys, _ := strings.Cut(string(text), "## Keys")
	documented := 0
	for _, row := range regexp.MustCompile("(?m)^\\| (`[^|]*) \\|").FindAllStringSubmatch(keys, -1) {
		for _, key := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(row[1], -1) {
			documented++
			// These are for a VPC, a cluster or a Secret of the user's.
			brought := key[1] == "monitoring.grafana.existingSecret" || strings.HasPrefix(key[1], "cluster.existing") || strings.HasSuffix(key[1], "Ids") || strings.HasSuffix(key[1], "SubnetIds") || key[1] == "network.vpcId"
			if !had[key[1]] && !brought {
				t.Errorf("docs/aws.md has %s, and testdata/everything-aws.yaml has not", key[1])
			}
		}
	}
	if documented < 50 {
		t.Errorf("docs/aws.md names only %d keys", documented)
	}
}

// keyPaths lists the keys of a value as the documentation writes them. The
// keys of env and the like are the user's.
func keyPaths(path string, value any) []string {
	var paths []string
	switch v := value.(type) {
	case map[string]any:
		if slices.Contains([]string{"env", "nodeSelector", "shape", "nodeGroups[].labels", "costs.usdPerHour", "costs.shared.nodes", "cluster.addons", "cluster.pin",
			"labels", "annotations", "tags", "ingress.annotations", "monitoring.labels", "podPatch", "pin"}, path) || strings.HasSuffix(strings.ToLower(path), "values") {
			return []string{path}
		}
		for key, inner := range v {
			paths = append(paths, keyPaths(strings.TrimPrefix(path+"."+key, "."), inner)...)
		}
	case []any:
		if len(v) > 0 && path != "" {
			if _, mapping := v[0].(map[string]any); mapping {
				path += "[]"
			}
		}
		for _, inner := range v {
			paths = append(paths, keyPaths(path, inner)...)
		}
	default:
		return []string{path}
	}
	return paths
}

// TestDocumentedTableIsThePreviews keeps the table in docs/sizing.md what a
// preview of the prod stack shows.
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
