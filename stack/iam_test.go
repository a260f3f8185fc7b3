package stack

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/internal/deploypolicy"
)

// TestEveryTypeAndFunctionHasItsIAMActions checks that the table has every resource type
// and function of AWS, so that the policies in docs/ allow it. The simulated account has
// the same test for the resources of pulumi-eks.
func TestEveryTypeAndFunctionHasItsIAMActions(t *testing.T) {
	subjects, err := deploypolicy.Subjects()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	stacks := recordings(t)
	stacks["cloudwatch"] = mustRecord(t, "cloudwatch", mustParse(t, edited(t, "  vllm-eks:models:", "  vllm-eks:telemetry: {install: true, logs: cloudwatch}\n  vllm-eks:models:")))
	for name, r := range stacks {
		used := slices.Clone(r.Calls())
		for _, resource := range r.Resources() {
			used = append(used, resource.Type)
		}
		for _, token := range used {
			if strings.HasPrefix(token, "aws:") && !slices.Contains(subjects, token) {
				t.Errorf("%s uses %s, which internal/deploypolicy/actions.tsv has not", name, token)
			}
			found[token] = true
		}
	}
	for _, token := range []string{"aws:ec2/vpc:Vpc", "aws:eks/nodeGroup:NodeGroup", "aws:cloudwatch/logStream:LogStream", "aws:index/getCallerIdentity:getCallerIdentity"} {
		if !found[token] {
			t.Errorf("no stack uses %s: the test sees nothing", token)
		}
	}
}

func TestIAMPoliciesInTheDocumentationAreCurrent(t *testing.T) {
	policies, err := deploypolicy.Policies(deploypolicy.Documented)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("../docs/aws.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range policies {
		got, err := os.ReadFile("../docs/" + p.Name + ".json")
		if err != nil || string(got) != p.JSON {
			t.Errorf("docs/%s.json is stale; run: go run ./internal/deploypolicy/generate (%v)", p.Name, err)
		}
		if !strings.Contains(string(text), "("+p.Name+".json)") {
			t.Errorf("docs/aws.md does not link to %s.json", p.Name)
		}
	}
}
