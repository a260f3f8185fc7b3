package explain

import (
	"os"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"

	"github.com/vllm-eks/vllm-eks/internal/plans"
)

// TestDocumentedComment holds that docs/pull-requests.md shows a comment that the program
// writes: of two models with other lengths, and nodes with another release.
func TestDocumentedComment(t *testing.T) {
	record := func(name, hardware string, replicas, gpus, length, tokens, concurrency, load int, cost float64) plans.Model {
		return plans.Model{
			Namespace: "inference", Deployment: name, ID: "org/" + name, Min: replicas, Max: replicas, GPUs: gpus, Groups: []string{strings.Split(name, "-")[0]},
			Hardware: hardware, Fit: "fits", MaxModelLen: length, KVTokens: tokens, Concurrency: concurrency, LoadSeconds: load, ProvisionSeconds: 585,
			Cost: &plans.Costs{Min: cost, Max: cost},
		}
	}
	records := func(length, concurrency, replicas int, cost float64) plans.Record {
		large := record("llama-70b", "8 × A100-40 (p4d.24xlarge)", 1, 8, length, 451184, concurrency, 1452, 21.9576)
		large.InPlace, large.Surge = true, "nodeGroups[].max: 2 in the node group p4d"
		small := record("mistral-7b", "1 × A10G (g5.2xlarge)", replicas, 1, 8192, 50736, 19, 413, float64(replicas)*1.212)
		small.Groups = []string{"g5"}
		return plans.Record{Models: map[string]plans.Model{"llama-70b": large, "mistral-7b": small}, Costs: &plans.Costs{Min: cost, Max: cost}}
	}
	box := func(name string) Step {
		return Step{Op: apitype.OpSame, URN: "urn:pulumi:prod::vllm-eks::" + modelType + "::" + name, Type: modelType, Parent: root}
	}
	change := func(name string, before, after map[string]any) Step {
		return object(apitype.OpUpdate, deploymentType, name, box(name).URN, before, after)
	}
	nodes := Step{Op: apitype.OpSame, URN: "urn:pulumi:prod::vllm-eks::" + nodesType + "::nodes", Type: nodesType, Parent: root}
	after := records(16384, 96, 3, 26.7121)
	p := Preview{
		Stack: "prod", Before: records(32768, 74, 2, 25.5001), After: &after,
		Messages: []Message{{"warning", "warning: g5: replaces 2 nodes, one zone at a time (AMI 1.35.6-20260714 → 1.35.7-20260911); needs up to 2 more nodes, quota allows 94"}},
		Steps: []Step{
			{Op: apitype.OpSame, URN: root, Type: stackType}, box("llama-70b"), box("mistral-7b"), nodes,
			change("llama-70b", deployment(t, "llama-70b", "1", 0, "org/llama-70b", "--max-model-len", "32768"), deployment(t, "llama-70b", "1", 0, "org/llama-70b", "--max-model-len", "16384")),
			change("mistral-7b", deployment(t, "mistral-7b", "2", 1), deployment(t, "mistral-7b", "3", 1)),
			object(apitype.OpUpdate, groupType, "nodes-g5-us-west-2a", nodes.URN, tree(t, `{"releaseVersion": "1"}`), tree(t, `{"releaseVersion": "2"}`)),
		},
	}
	page, err := os.ReadFile("../../docs/pull-requests.md")
	if err != nil {
		t.Fatal(err)
	}
	if want := Explain(p).Summary(); !strings.Contains(string(page), want) {
		t.Errorf("docs/pull-requests.md does not contain\n%s", want)
	}
}
