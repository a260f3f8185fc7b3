//go:build engine

package e2e

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/vllm-eks/vllm-eks/local/workflow/forge"
)

// gitlabJob is a job of a pipeline, as far as the template uses it.
type gitlabJob struct {
	Before    []string          `yaml:"before_script"`
	Script    []string          `yaml:"script"`
	Variables map[string]string `yaml:"variables"`
	Tokens    map[string]struct {
		Audience string `yaml:"aud"`
	} `yaml:"id_tokens"`
	Rules []struct {
		If, When string
	} `yaml:"rules"`
	Parallel    struct{ Matrix []map[string][]string } `yaml:"parallel"`
	Environment struct{ Name string }                  `yaml:"environment"`
	Resource    string                                 `yaml:"resource_group"`
	Artifacts   struct{ Paths []string }               `yaml:"artifacts"`
}

// gitlabJobs returns the jobs of the template's pipeline.
func gitlabJobs(t *testing.T, text string) map[string]gitlabJob {
	t.Helper()
	var all map[string]yaml.Node
	if err := yaml.Unmarshal([]byte(text), &all); err != nil {
		t.Fatal(err)
	}
	jobs := map[string]gitlabJob{}
	for _, name := range []string{"check", "preview", "plan", "up", "drift", "destroy"} {
		node := all[name]
		var job gitlabJob
		if err := node.Decode(&job); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		jobs[name] = job
	}
	return jobs
}

// gitlab executes a job with variables, as a runner does: with bash, which ends at the first
// error. It returns the log.
func (p *pipeline) gitlab(name string, fails bool, variables ...string) string {
	p.t.Helper()
	job := gitlabJobs(p.t, readIn(p.t, p.project, ".gitlab-ci.yml"))[name]
	values := map[string]string{
		"CI": "true", "GITLAB_CI": "true", "CI_API_V4_URL": p.forge.URL(), "CI_PROJECT_ID": forge.Project, "CI_MERGE_REQUEST_IID": forge.PullRequest, "CI_JOB_ID": "5",
		"CI_JOB_URL": "https://gitlab.com/acme/llm/-/jobs/5", "GITLAB_TOKEN": forgeCanary, "AWS_REGION": "us-west-2", "AWS_PREVIEW_ROLE": "role/preview", "AWS_UP_ROLE": "role/up",
		"STACK": pipelineStack, "TMPDIR": filepath.Join(p.folder, "runner"),
	}
	for name := range job.Tokens {
		values[name] = forgeCanary
	}
	for _, variable := range variables {
		name, value, _ := strings.Cut(variable, "=")
		values[name] = value
	}
	for name, text := range job.Variables {
		values[name] = os.Expand(text, func(name string) string { return values[name] })
	}
	p.roles = []string{values["AWS_ROLE_ARN"]}
	environment := slices.Clone(p.environment)
	for name, value := range values {
		environment = append(environment, name+"="+value)
	}
	script := strings.Join(append(slices.Clone(job.Before), job.Script...), "\n")
	out, err := inProject(p.t, environment, p.project, "bash", "-eo", "pipefail", "-c", script)
	if p.said.WriteString(out); (err != nil) != fails {
		p.t.Fatalf("%s: %v, want a failure: %t\n%s", name, err, fails, out)
	}
	return out
}

// TestGitLab executes every script of the pipeline for GitLab: a merge request with its note,
// the approved update, drift, and the destruction.
func TestGitLab(t *testing.T) {
	t.Parallel()
	p := newPipeline(t)
	if out := p.gitlab("preview", false); !strings.Contains(out, "the comment is created") || p.roles[0] != "role/preview" {
		t.Errorf("the roles are %q, and the log is\n%s", p.roles, out)
	}
	before := p.comment()
	p.edit("maxUsdPerHour: 2", "maxUsdPerHour: 0.5")
	if out := p.gitlab("preview", true); !strings.Contains(out, "the comment is updated") {
		t.Errorf("the log is\n%s", out)
	}
	if after := p.comment(); after == before || !strings.Contains(after, "limits.maxUsdPerHour") {
		t.Errorf("the note does not name the limit:\n%s", after)
	}
	p.edit("maxUsdPerHour: 0.5", "maxUsdPerHour: 2")
	p.gitlab("check", false)
	p.gitlab("plan", false)
	p.edit("natGateways: one", "natGateways: perZone")
	if out := p.gitlab("up", true); !strings.Contains(out, "has changed since the approval") || len(inAccount(t, p.folder, "")) > 0 {
		t.Errorf("an update that was not approved:\n%s", out)
	}
	p.edit("natGateways: perZone", "natGateways: one")
	p.gitlab("up", false)
	if p.roles[0] != "role/up" || len(inAccount(t, p.folder, "aws:eks/cluster:Cluster")) != 1 {
		t.Errorf("the update has the roles %q", p.roles)
	}
	p.edit("retentionDays: 7 ", "retentionDays: 8 ")
	if out := p.gitlab("drift", false); !strings.Contains(out, "the issue is created") {
		t.Errorf("the log is\n%s", out)
	}
	p.edit("retentionDays: 8 ", "retentionDays: 7 ")
	if out := p.gitlab("drift", false); !strings.Contains(out, "the issue is closed") || len(p.forge.Issues()) != 1 || !p.forge.Issues()[0].Closed {
		t.Errorf("the issues are %+v, and the log is\n%s", p.forge.Issues(), out)
	}
	if out := p.gitlab("destroy", true, "DESTROY=dev", "CONFIRM=prod"); !strings.Contains(out, "want the name of the stack, dev") {
		t.Errorf("the log is\n%s", out)
	}
	p.gitlab("destroy", false, "DESTROY=dev", "CONFIRM=dev")
	deleteLateLogs(t, p.folder, 1)
	expectEmpty(t, p.folder)
	if text := readIn(t, p.project, "plan/dev"); len(text) != 65 {
		t.Errorf("the artifact is %q, want the digest of the plan", text)
	}
	p.expectNoCanary("runner/tmp.")
	if refused := p.forge.Refused(); len(refused) > 0 {
		t.Errorf("GitLab refuses %q", refused)
	}
}

// TestGitLabJobsAreBound holds what the scripts cannot show: who starts a job, with which role,
// and that one job of a stack runs at a time.
func TestGitLabJobsAreBound(t *testing.T) {
	t.Parallel()
	jobs := gitlabJobs(t, readIn(t, checkout(t).Root, "template/.gitlab-ci.yml"))
	for name, want := range map[string][5]string{
		"check":   {`$CI_PIPELINE_SOURCE == "merge_request_event"`, "", "", "", ""},
		"preview": {`$CI_PIPELINE_SOURCE == "merge_request_event" && $CI_MERGE_REQUEST_SOURCE_PROJECT_PATH == $CI_MERGE_REQUEST_PROJECT_PATH`, "", "$AWS_PREVIEW_ROLE", "", ""},
		"plan":    {`$CI_PIPELINE_SOURCE == "push" || $CI_PIPELINE_SOURCE == "web" && $REFRESH`, "", "$AWS_PREVIEW_ROLE", "", ""},
		"up":      {`$CI_PIPELINE_SOURCE == "push" || $CI_PIPELINE_SOURCE == "web" && $REFRESH`, "manual", "$AWS_UP_ROLE", "$STACK", "$STACK"},
		"drift":   {`$CI_PIPELINE_SOURCE == "schedule"`, "", "$AWS_PREVIEW_ROLE", "", ""},
		"destroy": {`$CI_PIPELINE_SOURCE == "web" && $DESTROY && $DESTROY == $CONFIRM`, "manual", "$AWS_UP_ROLE", "$DESTROY", "$DESTROY"},
	} {
		job := jobs[name]
		if len(job.Rules) != 1 {
			t.Errorf("%s has the rules %+v, want one", name, job.Rules)
			continue
		}
		if got := [5]string{job.Rules[0].If, job.Rules[0].When, job.Variables["AWS_ROLE_ARN"], job.Environment.Name, job.Resource}; got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
		if hasToken := job.Tokens["AWS_TOKEN"].Audience == "sts.amazonaws.com"; hasToken != (name != "check") {
			t.Errorf("%s has a token for AWS: %t", name, hasToken)
		}
	}
}

// TestGitLabPipelineHasItsSchema validates the pipeline with GitLab's published schema.
func TestGitLabPipelineHasItsSchema(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(checkout(t).Root, "local", "lint", "gitlab")
	validate := func(text string) (string, error) {
		t.Helper()
		var tree any
		if err := yaml.Unmarshal([]byte(text), &tree); err != nil {
			t.Fatal(err)
		}
		document, err := json.Marshal(tree)
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), "node", "validate.js")
		cmd.Dir, cmd.Stdin = folder, bytes.NewReader(document)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	if err := installPackages(folder); err != nil {
		t.Fatal(err)
	}
	text := readIn(t, checkout(t).Root, "template/.gitlab-ci.yml")
	if out, err := validate(text); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	for _, c := range [][3]string{
		{"    - ci/check.sh\n", "    - ci/check.sh\n  steps: []\n", "/check: must NOT have additional properties"},
		{"      when: manual\n", "      when: sometimes\n", "/up/rules/0/when: must be equal to one of the allowed values"},
	} {
		if out, err := validate(replaced(t, text, c[0], c[1])); err == nil || !strings.Contains(out, c[2]) {
			t.Errorf("%q is accepted: %v\n%s", c[1], err, out)
		}
	}
}
