package workflow

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var contexts = Contexts{
	"github": map[string]any{"repository": "acme/llm", "event": map[string]any{"number": 7.0}},
	"vars":   map[string]any{"REGION": "us-west-2"},
	"needs":  map[string]any{"list": map[string]any{"outputs": map[string]any{"stacks": `["dev","prod"]`, "changes": "0"}}},
}

func TestExpressions(t *testing.T) {
	for expression, want := range map[string]string{
		"github.repository": "acme/llm", "${{ github.repository }}": "acme/llm", "github.event.number": "7",
		"vars.REGION": "us-west-2", "vars.RUNNER": "", "vars.RUNNER || 'ubuntu-24.04'": "ubuntu-24.04", "vars.REGION || 'x'": "us-west-2",
		"needs.list.outputs.changes != '0'": "false", "github.repository == 'acme/llm' && !cancelled()": "true",
		"!(vars.RUNNER || cancelled())": "true", "fromJSON(needs.list.outputs.stacks)": "[dev prod]", "'a' == 'b' || 'c'": "c",
	} {
		if got, err := contexts.Evaluate(expression); err != nil || words(got) != want {
			t.Errorf("%s: got %v, %v, want %s", expression, got, err, want)
		}
	}
	for expression, want := range map[string]string{
		"github.sha": "there is no github.sha", "secrets.TOKEN": "there is no secrets.TOKEN", "success()": "the template uses no function success",
		"github.repository ==": "a value is missing", "(github.repository": "a parenthesis is open", "github.repository 'x'": "unexpected",
		"github.*.name": "has characters that the template does not use", "fromJSON(github.repository)": "fromJSON: ",
	} {
		if got, err := contexts.Evaluate(expression); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, %v, want %s", expression, got, err, want)
		}
	}
}

func runner(t *testing.T) *Runner {
	t.Helper()
	return &Runner{Folder: t.TempDir(), Temp: t.TempDir(), Environment: []string{"PATH=" + os.Getenv("PATH")}}
}

func TestJob(t *testing.T) {
	r := runner(t)
	var uses []string
	r.Action = func(name string, with map[string]string) (map[string]string, error) {
		uses = append(uses, name+" "+with["region"])
		return map[string]string{"REGION": with["region"]}, nil
	}
	result, err := r.Run(t.Context(), Job{
		Name: "job of ${{ github.repository }}",
		Env:  map[string]string{"REPOSITORY": "${{ github.repository }}"},
		Outputs: map[string]string{
			"list": "${{ steps.list.outputs.items }}",
		},
		Steps: []Step{
			{Uses: "acme/login@0123 # v1", With: map[string]string{"region": "${{ vars.REGION }}"}},
			{Name: "list", ID: "list", Env: map[string]string{"NUMBER": "${{ github.event.number }}"}, Run: `echo "items=$REPOSITORY-$NUMBER-$REGION" >>"$GITHUB_OUTPUT"` + "\nfalse | cat\n"},
			{Name: "after a failure", Run: "exit 1"},
			{Name: "always", If: "${{ !cancelled() }}", Run: `echo done >>"$GITHUB_STEP_SUMMARY"; echo said`},
		},
	}, contexts)
	if err != nil {
		t.Fatal(err)
	}
	// pipefail makes the second step fail, so the third does not run.
	if want := []string{"acme/login", "list", "always"}; !slices.Equal(result.Steps, want) || !result.Failed || result.Summary != "done\n" || !strings.Contains(result.Log, "said\n") {
		t.Errorf("got %+v, want the steps %q", result, want)
	}
	if !slices.Equal(uses, []string{"acme/login us-west-2"}) {
		t.Errorf("the actions are %q", uses)
	}
	result, err = r.Run(t.Context(), Job{
		Outputs: map[string]string{"list": "${{ steps.list.outputs.items }}"},
		Steps:   []Step{{Name: "list", ID: "list", Run: `echo "items=a=b" >>"$GITHUB_OUTPUT"`}},
	}, contexts)
	if err != nil || result.Failed || result.Outputs["list"] != "a=b" {
		t.Errorf("got %+v, %v", result, err)
	}
	if result, err := r.Run(t.Context(), Job{If: "github.repository == 'x'", Steps: []Step{{Run: "exit 1"}}}, contexts); err != nil || !result.Skipped || len(result.Steps) > 0 {
		t.Errorf("a job whose condition is false: %+v, %v", result, err)
	}
}

func TestWrongWorkflowsAreErrors(t *testing.T) {
	for name, c := range map[string]struct {
		job  Job
		want string
	}{
		"an expression in a script": {Job{Steps: []Step{{Name: "s", Run: "echo ${{ github.repository }}"}}}, "pass it by env"},
		"an unknown value":          {Job{Env: map[string]string{"A": "${{ github.sha }}"}}, "there is no github.sha"},
		"an unknown value in a run": {Job{Steps: []Step{{Name: "s", Env: map[string]string{"A": "${{ secrets.X }}"}, Run: "true"}}}, "there is no secrets.X"},
		"an output without a name":  {Job{Steps: []Step{{Name: "s", ID: "s", Run: `echo word >>"$GITHUB_OUTPUT"`}}}, "want NAME=VALUE"},
		"a refused action":          {Job{Steps: []Step{{Uses: "a/b@1"}}}, "no such action"},
	} {
		t.Run(name, func(t *testing.T) {
			r := runner(t)
			r.Action = func(string, map[string]string) (map[string]string, error) { return nil, errors.New("no such action") }
			if result, err := r.Run(t.Context(), c.job, contexts); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %+v, %v, want %s", result, err, c.want)
			}
		})
	}
	path := filepath.Join(t.TempDir(), "w.yml")
	if err := os.WriteFile(path, []byte("name: w\non: [push]\njobs: {}\nrun-name: x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(path); err == nil {
		t.Error("a key that the template does not use is accepted")
	}
}
