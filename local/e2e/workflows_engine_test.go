//go:build engine

package e2e

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/local/simulation"
	"github.com/vllm-eks/vllm-eks/local/standin/aws/account"
	"github.com/vllm-eks/vllm-eks/local/workflow"
	"github.com/vllm-eks/vllm-eks/local/workflow/forge"
)

// Secrets that must appear nowhere. secretCanary is encrypted in the stack's file.
const (
	secretCanary = "canary-api-key-8c1f4e2a7b90"
	forgeCanary  = "canary-forge-token-5d27a9"
)

// pipeline is a project with one stack, whose workflows run in a simulated account.
type pipeline struct {
	t           *testing.T
	folder      string // of the account and of the project
	project     string
	environment []string
	forge       *forge.Server
	// roles are the roles that the last job got.
	roles []string
	// said is everything that the jobs wrote: their logs and summaries.
	said strings.Builder
}

const pipelineStack = "dev"

// newPipeline creates a project from the template, and its stack with an encrypted secret.
func newPipeline(t *testing.T) *pipeline {
	t.Helper()
	folder := accountFolder(t)
	for _, name := range []string{"tmp", "account", "state", "runner"} {
		if err := os.MkdirAll(filepath.Join(folder, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	proxy, err := simulation.Listen() // the API servers of simulated clusters
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = proxy.Close() }) // nothing uses it any more
	p := &pipeline{
		t: t, folder: folder, project: filepath.Join(folder, "llm"), forge: forge.New(t, forgeCanary),
		environment: simulation.Stack{Layout: checkout(t), Folder: folder, Name: pipelineStack}.Environment(proxy.Address),
	}
	newProject(t, p.environment, p.project, "llm")
	for _, args := range [][]string{
		{"pulumi", "stack", "init", pipelineStack},
		{"pulumi", "config", "set", "--secret", "vllm-eks:apiKey", secretCanary, "--stack", pipelineStack},
		{"rm", "Pulumi.prod.yaml"},
	} {
		if out, err := inProject(t, p.environment, p.project, args...); err != nil {
			t.Fatalf("%s: %v\n%s", args, err, out)
		}
	}
	if file := readIn(t, p.project, "Pulumi.dev.yaml"); !strings.Contains(file, "# The models. Each is a service") || !strings.Contains(file, "secure:") {
		t.Errorf("the stack's file lost its comments, or has no secret:\n%s", file)
	}
	return p
}

// edit replaces a text in the stack's file.
func (p *pipeline) edit(old, text string) {
	p.t.Helper()
	name := "Pulumi." + pipelineStack + ".yaml"
	writeIn(p.t, p.project, name, replaced(p.t, readIn(p.t, p.project, name), old, text))
}

// contexts returns those of a workflow, with the repository's variables.
func (p *pipeline) contexts(github map[string]any, more workflow.Contexts) workflow.Contexts {
	github["repository"], github["token"] = forge.Repository, forgeCanary
	c := workflow.Contexts{"github": github, "vars": map[string]any{
		"PULUMI_BACKEND_URL": "file://" + filepath.Join(p.folder, "state"), "AWS_REGION": "us-west-2",
		"AWS_PREVIEW_ROLE": "arn:aws:iam::111122223333:role/llm-preview", "AWS_UP_ROLE": "arn:aws:iam::111122223333:role/llm-up",
	}}
	for name, value := range more {
		c[name] = value
	}
	return c
}

// run executes a job of a workflow.
func (p *pipeline) run(file, job string, contexts workflow.Contexts) workflow.Result {
	p.t.Helper()
	w, err := workflow.Read(filepath.Join(p.project, ".github", "workflows", file))
	if err != nil {
		p.t.Fatal(err)
	}
	if w.Defaults.Run.Shell != "bash" || w.Permissions["contents"] != "read" || len(w.Permissions) != 1 {
		p.t.Errorf("%s: the shell is %q and the permissions are %q, want bash and to read", file, w.Defaults.Run.Shell, w.Permissions)
	}
	definition, found := w.Jobs[job]
	if !found {
		p.t.Fatalf("%s has no job %s", file, job)
	}
	p.roles = nil
	runner := &workflow.Runner{
		Folder: p.project, Temp: filepath.Join(p.folder, "runner"),
		Environment: append(slices.Clone(p.environment), "CI=true", "GITHUB_ACTIONS=true", "GITHUB_API_URL="+p.forge.URL(), "GITHUB_SERVER_URL=https://github.com",
			"GITHUB_REPOSITORY="+forge.Repository, "GITHUB_RUN_ID=99"),
		Action: p.action,
	}
	result, err := runner.Run(p.t.Context(), definition, contexts)
	if err != nil {
		p.t.Fatalf("%s: %s: %v\n%s", file, job, err, result.Log)
	}
	p.t.Logf("%s %s: steps %q, failed %t", file, job, result.Steps, result.Failed)
	p.said.WriteString(result.Log + result.Summary)
	return result
}

// action adds what a pinned action adds to the environment: only the one with the credentials
// adds something.
func (p *pipeline) action(name string, with map[string]string) (map[string]string, error) {
	switch name {
	case "actions/checkout":
		if with["persist-credentials"] != "false" {
			return nil, fmt.Errorf("the checkout keeps its token in the repository")
		}
	case "actions/setup-go":
		if _, err := os.Stat(filepath.Join(p.project, with["go-version-file"])); err != nil {
			return nil, err
		}
	case "pulumi/actions":
		if _, err := os.Stat(filepath.Join(p.project, with["pulumi-version-file"])); err != nil {
			return nil, err
		}
	case "aws-actions/configure-aws-credentials":
		p.roles = append(p.roles, with["role-to-assume"])
		return map[string]string{"AWS_REGION": with["aws-region"]}, nil
	default:
		return nil, fmt.Errorf("the test does not know the action %s", name)
	}
	return nil, nil
}

// pullRequest returns the contexts of a pull request from a repository.
func (p *pipeline) pullRequest(from string) workflow.Contexts {
	return p.contexts(map[string]any{"event": map[string]any{"pull_request": map[string]any{
		"number": forge.PullRequest, "head": map[string]any{"repo": map[string]any{"full_name": from}},
	}}}, nil)
}

// previewed runs the preview of a pull request.
func (p *pipeline) previewed() workflow.Result {
	p.t.Helper()
	contexts := p.pullRequest(forge.Repository)
	contexts["matrix"] = map[string]any{"stack": pipelineStack}
	return p.run("preview.yml", "preview", contexts)
}

// planned runs the plan after a merge.
func (p *pipeline) planned() workflow.Result {
	p.t.Helper()
	return p.run("stack.yml", "plan", p.contexts(map[string]any{}, workflow.Contexts{"inputs": map[string]any{"stack": pipelineStack}}))
}

// updated runs the update of an approved plan.
func (p *pipeline) updated(plan workflow.Result) workflow.Result {
	p.t.Helper()
	outputs := map[string]any{}
	for name, value := range plan.Outputs {
		outputs[name] = value
	}
	return p.run("stack.yml", "up", p.contexts(map[string]any{}, workflow.Contexts{
		"inputs": map[string]any{"stack": pipelineStack}, "needs": map[string]any{"plan": map[string]any{"outputs": outputs}},
	}))
}

func (p *pipeline) drifted() workflow.Result {
	p.t.Helper()
	return p.run("drift.yml", "drift", p.contexts(map[string]any{}, workflow.Contexts{"matrix": map[string]any{"stack": pipelineStack}}))
}

func (p *pipeline) destroyed(stack, confirmation string) workflow.Result {
	p.t.Helper()
	return p.run("destroy.yml", "destroy", p.contexts(map[string]any{}, workflow.Contexts{"inputs": map[string]any{"stack": stack, "confirm": confirmation}}))
}

// comment returns the only comment that the workflow wrote.
func (p *pipeline) comment() string {
	p.t.Helper()
	var own []string
	for _, c := range p.forge.Comments() {
		if !c.Others {
			own = append(own, c.Body)
		}
	}
	if len(own) != 1 {
		p.t.Fatalf("there are %d comments, want one: %q", len(own), own)
	}
	return own[0]
}

// expect fails the test if a job failed, or succeeded, unexpectedly.
func (p *pipeline) expect(result workflow.Result, fails bool, words ...string) {
	p.t.Helper()
	if result.Failed != fails {
		p.t.Fatalf("the job failed: %t, want %t\n%s", result.Failed, fails, result.Log)
	}
	for _, want := range words {
		if !strings.Contains(result.Log+result.Summary, want) {
			p.t.Errorf("the job does not say %q:\n%s", want, result.Log)
		}
	}
}

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
	sub("drift", testDrift)
	sub("destroy", testDestroyByWorkflow)
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

// testDrift holds that one issue appears, changes and is closed with the drift.
func testDrift(p *pipeline) {
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

// expectNoCanary fails if a secret is in a log, a summary, a comment, an issue, or in a file
// of a job, except files whose path begins with one of except. The stack's file has the
// encrypted secret.
func (p *pipeline) expectNoCanary(except ...string) {
	p.t.Helper()
	texts := map[string]string{"the logs": p.said.String()}
	for name, list := range map[string][]forge.Text{"comment": p.forge.Comments(), "issue": p.forge.Issues()} {
		for _, text := range list {
			texts[fmt.Sprintf("%s %d", name, text.ID)] = text.Title + text.Body
		}
	}
	err := filepath.WalkDir(filepath.Join(p.folder, "runner"), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(p.folder, path)
		if err != nil || slices.ContainsFunc(except, func(prefix string) bool { return strings.HasPrefix(name, prefix) }) {
			return err
		}
		text, err := os.ReadFile(path)
		texts[name] = string(text)
		return err
	})
	if err != nil {
		p.t.Fatal(err)
	}
	if len(texts) < 8 || len(texts["the logs"]) < 1000 {
		p.t.Errorf("the test reads %d texts", len(texts))
	}
	for name, text := range texts {
		quoted, err := json.Marshal(secretCanary)
		if err != nil {
			p.t.Fatal(err)
		}
		for _, canary := range []string{secretCanary, string(quoted), forgeCanary} {
			if strings.Contains(text, canary) {
				p.t.Errorf("%s has a secret", name)
			}
		}
	}
}
