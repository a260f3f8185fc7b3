//go:build engine

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/local/standin/aws/account"
	"github.com/vllm-eks/vllm-eks/local/workflow/forge"
)

// TestWorkflows executes every shell step of the workflows for GitHub: a pull request with its
// comment, the approved update after the merge, drift, and the destruction.
func TestWorkflows(t *testing.T) {
	t.Parallel()
	p := newPipeline(t)
	sub := func(name string, test func(*pipeline)) {
		t.Run(name, func(t *testing.T) {
			p.t = t
			test(p)
		})
		if p.t = t; t.Failed() {
			t.FailNow() // the next part needs this one
		}
	}
	sub("fork", testFork)
	sub("pull request", testPullRequest)
	sub("update after the merge", testUpdateAfterMerge)
	sub("refused consequence", testRefusedConsequence)
	sub("drift", testDrift)
	sub("destroy", testDestroyByWorkflow)
	p.expectEveryStep()
	p.expectNoCanary()
	if refused := p.forge.Refused(); len(refused) > 0 {
		t.Errorf("GitHub refuses %q", refused)
	}
}

// testFork holds that a fork gets checks, and no credentials.
func testFork(p *pipeline) {
	contexts := p.pullRequest("somebody/llm")
	check := p.run("preview.yml", "check", contexts)
	p.expect(check, false, "A pull request from a fork gets no credentials")
	if check.Outputs["stacks"] != `["dev"]` || len(p.roles) > 0 || slices.Contains(check.Steps, "aws-actions/configure-aws-credentials") {
		p.t.Errorf("the stacks are %s, the roles %q, the steps %q", check.Outputs["stacks"], p.roles, check.Steps)
	}
	contexts["needs"] = map[string]any{"check": map[string]any{"outputs": map[string]any{"stacks": check.Outputs["stacks"]}}}
	contexts["matrix"] = map[string]any{"stack": pipelineStack}
	if preview := p.run("preview.yml", "preview", contexts); !preview.Skipped || len(p.roles) > 0 {
		p.t.Errorf("a fork has the preview %+v with the roles %q", preview, p.roles)
	}
}

// testPullRequest holds that there is one comment, which each preview updates.
func testPullRequest(p *pipeline) {
	check := p.run("preview.yml", "check", p.pullRequest(forge.Repository))
	p.expect(check, false)
	if strings.Contains(check.Summary, "fork") {
		p.t.Errorf("the summary is %q", check.Summary)
	}
	const marker = "<!-- vllm-eks: dev -->\n"
	for i := range 100 { // the comment is on the second page; the marker of others counts for nothing
		p.forge.Write(fmt.Sprintf("%scomment %d", map[bool]string{true: marker}[i == 3], i))
	}
	first := p.previewed()
	p.expect(first, false, "the comment is created")
	if !slices.Equal(p.roles, []string{"arn:aws:iam::111122223333:role/llm-preview"}) {
		p.t.Errorf("the preview has the roles %q", p.roles)
	}
	before := p.comment()
	if !strings.HasPrefix(before, marker) || !strings.Contains(first.Summary, before) {
		p.t.Errorf("the comment is\n%s\nand the summary\n%s", before, first.Summary)
	}

	p.edit("maxUsdPerHour: 2", "maxUsdPerHour: 0.5")
	second := p.previewed()
	p.expect(second, true, "the comment is updated", "the preview failed")
	if after := p.comment(); after == before || !strings.Contains(after, "limits.maxUsdPerHour") {
		p.t.Errorf("the comment does not name the limit:\n%s", after)
	}
	p.edit("maxUsdPerHour: 0.5", "maxUsdPerHour: 2")

	backend := filepath.Join(p.folder, "state")
	if err := os.Rename(backend, backend+".away"); err != nil {
		p.t.Fatal(err)
	}
	third := p.previewed()
	p.expect(third, true, "the comment is updated")
	if after := p.comment(); !strings.Contains(after, "The preview did not start. [The log](https://github.com/acme/llm/actions/runs/99)") {
		p.t.Errorf("without a backend, the comment is\n%s", after)
	}
	if err := os.Rename(backend+".away", backend); err != nil {
		p.t.Fatal(err)
	}
}

// testUpdateAfterMerge holds that an update applies what was approved, and nothing else.
func testUpdateAfterMerge(p *pipeline) {
	stacks := p.run("up.yml", "stacks", p.contexts(map[string]any{}, nil))
	if p.expect(stacks, false); stacks.Outputs["stacks"] != `["dev"]` {
		p.t.Errorf("the stacks are %q", stacks.Outputs["stacks"])
	}
	plan := p.planned()
	p.expect(plan, false, "changed resources")
	if !slices.Equal(p.roles, []string{"arn:aws:iam::111122223333:role/llm-preview"}) || len(inAccount(p.t, p.folder, "")) > 0 {
		p.t.Errorf("the plan has the roles %q", p.roles)
	}
	p.edit("natGateways: one", "natGateways: perZone")
	p.expect(p.updated(plan), true, "has changed since the approval")
	if found := inAccount(p.t, p.folder, ""); len(found) > 0 {
		p.t.Errorf("an update that was not approved creates %q", found)
	}
	p.edit("natGateways: perZone", "natGateways: one")
	p.expect(p.updated(plan), false, "resources")
	if !slices.Equal(p.roles, []string{"arn:aws:iam::111122223333:role/llm-up"}) || len(inAccount(p.t, p.folder, "aws:eks/cluster:Cluster")) != 1 {
		p.t.Errorf("the update has the roles %q", p.roles)
	}
	again := p.planned()
	if p.expect(again, false); again.Outputs["changes"] != "0" || !p.updated(again).Skipped {
		p.t.Errorf("without a change, the outputs are %q, want an update that is skipped", again.Outputs)
	}
}

// testRefusedConsequence holds that a preview fails at a consequence that FAIL_ON names, and
// still updates the comment.
func testRefusedConsequence(p *pipeline) {
	p.edit("maxModelLen: 8192", "maxModelLen: 4096")
	p.expect(p.previewed(), false, "the comment is updated")
	p.failOn = "outage"
	p.expect(p.previewed(), true, "has a consequence that FAIL_ON=outage refuses", "the comment is updated")
	if comment := p.comment(); !strings.Contains(comment, "mistral-7b") {
		p.t.Errorf("the comment does not name the model:\n%s", comment)
	}
	p.failOn = ""
	p.edit("maxModelLen: 4096", "maxModelLen: 8192")
}

// testDrift holds that one issue appears, changes and is closed with the drift.
func testDrift(p *pipeline) {
	if stacks := p.run("drift.yml", "stacks", p.contexts(map[string]any{}, nil)); stacks.Outputs["stacks"] != `["dev"]` {
		p.t.Errorf("the stacks are %q", stacks.Outputs["stacks"])
	}
	p.expect(p.drifted(), false)
	if found := p.forge.Issues(); len(found) > 0 {
		p.t.Fatalf("without drift there are the issues %+v", found)
	}
	groups := inAccount(p.t, p.folder, "aws:cloudwatch/logGroup:LogGroup")
	if len(groups) == 0 {
		p.t.Fatal("the account has no log group")
	}
	id := strings.TrimPrefix(groups[0], "aws:cloudwatch/logGroup:LogGroup ")
	if err := account.Open(filepath.Join(p.folder, "account"), "us-west-2", nil).Delete("aws:cloudwatch/logGroup:LogGroup", id); err != nil {
		p.t.Fatal(err)
	}
	p.expect(p.drifted(), false, "the issue is created")
	p.expect(p.drifted(), false, "the issue is updated")
	found := p.forge.Issues()
	if len(found) != 1 || found[0].Closed || found[0].Title != "dev: the account differs from the stack" || !strings.HasPrefix(found[0].Body, "<!-- vllm-eks drift: dev -->\n") {
		p.t.Fatalf("the issues are %+v, want an open one", found)
	}
	if out, err := inProject(p.t, p.environment, p.project, "pulumi", "up", "--refresh", "--yes", "--skip-preview", "--non-interactive", "--stack", pipelineStack); err != nil {
		p.t.Fatalf("%v\n%s", err, out)
	}
	p.expect(p.drifted(), false, "the issue is closed")
	if found := p.forge.Issues(); len(found) != 1 || !found[0].Closed {
		p.t.Errorf("after the repair, the issues are %+v", found)
	}
}

// testDestroyByWorkflow holds that a stack is destroyed only by its name, typed twice, and if
// nothing in it is protected.
func testDestroyByWorkflow(p *pipeline) {
	if result := p.destroyed(pipelineStack, "prod"); !result.Skipped {
		p.t.Errorf("another name destroys the stack: %+v", result)
	}
	p.expect(p.destroyed("dev; id", "dev; id"), true, "want the name of a stack")
	p.edit("  vllm-eks:cluster:\n", "  vllm-eks:cluster:\n    protect: true\n")
	p.expect(p.updated(p.planned()), false)
	p.expect(p.destroyed(pipelineStack, pipelineStack), true, "are protected", "::cluster")
	if len(inAccount(p.t, p.folder, "aws:eks/cluster:Cluster")) != 1 {
		p.t.Fatal("the protected cluster is gone")
	}
	p.edit("    protect: true\n", "")
	p.expect(p.updated(p.planned()), false)
	p.expect(p.destroyed(pipelineStack, pipelineStack), false)
	deleteLateLogs(p.t, p.folder, 1)
	expectEmpty(p.t, p.folder)
}
