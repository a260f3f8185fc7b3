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
	// failOn is the variable FAIL_ON of the repository; "" if it is not set.
	failOn string
	// executed are the executed steps: workflow, job and step.
	executed map[string]bool
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
		t: t, folder: folder, project: filepath.Join(folder, "llm"), forge: forge.New(t, forgeCanary), executed: map[string]bool{},
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
	variables := map[string]any{
		"PULUMI_BACKEND_URL": "file://" + filepath.Join(p.folder, "state"), "AWS_REGION": "us-west-2",
		"AWS_PREVIEW_ROLE": "arn:aws:iam::111122223333:role/llm-preview", "AWS_UP_ROLE": "arn:aws:iam::111122223333:role/llm-up",
	}
	if p.failOn != "" {
		variables["FAIL_ON"] = p.failOn
	}
	c := workflow.Contexts{"github": github, "vars": variables}
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
	for _, step := range result.Steps {
		p.executed[file+" "+job+" "+step] = true
	}
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

// expectEveryStep fails if a script of a workflow was not executed.
func (p *pipeline) expectEveryStep() {
	p.t.Helper()
	files, err := filepath.Glob(filepath.Join(p.project, ".github", "workflows", "*.yml"))
	if err != nil || len(files) != 5 {
		p.t.Fatalf("the workflows are %q, %v", files, err)
	}
	for _, path := range files {
		w, err := workflow.Read(path)
		if err != nil {
			p.t.Fatal(err)
		}
		for name, job := range w.Jobs {
			for _, step := range job.Steps {
				if key := filepath.Base(path) + " " + name + " " + step.Name; step.Run != "" && !p.executed[key] {
					p.t.Errorf("the script of %s was not executed", key)
				}
			}
		}
	}
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
