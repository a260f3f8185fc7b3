package workflow

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Runner executes jobs in one folder.
type Runner struct {
	// Folder is the checkout.
	Folder string
	// Temp is an existing folder for each job's temporary files.
	Temp string
	// Environment is the environment of every step.
	Environment []string
	// Action returns the environment that an action adds. Default: nil, no action adds one.
	Action func(name string, with map[string]string) (map[string]string, error)
}

// Result is the result of a job.
type Result struct {
	// Failed reports whether a step failed. Skipped reports whether the job's condition is
	// false.
	Failed, Skipped bool
	// Steps are the names of the executed steps, in order: of a script the name, of an action
	// the action without its commit.
	Steps []string
	// Log is the output of all steps.
	Log string
	// Outputs are the job's outputs.
	Outputs map[string]string
	// Summary is the text of the job's summary.
	Summary string
}

// job is a job in progress.
type job struct {
	*Runner

	definition Job
	contexts   Contexts
	env        map[string]string
	result     Result
	log        bytes.Buffer
}

// Run executes a job. contexts are those of the workflow: github, vars, needs, matrix,
// inputs. A failed step is no error of Run. An error is a wrong workflow.
func (r *Runner) Run(ctx context.Context, definition Job, contexts Contexts) (Result, error) {
	if definition.If != "" {
		wanted, err := contexts.Evaluate(definition.If)
		if err != nil || !truth(wanted) {
			return Result{Skipped: true}, err
		}
	}
	j := &job{Runner: r, definition: definition, contexts: maps.Clone(contexts), env: map[string]string{}}
	j.contexts["steps"] = map[string]any{}
	if err := j.settings(); err != nil {
		return Result{}, err
	}
	for _, step := range definition.Steps {
		if err := j.step(ctx, step); err != nil {
			return j.result, fmt.Errorf("step %q: %w", title(step), err)
		}
	}
	j.result.Log, j.result.Outputs = j.log.String(), map[string]string{}
	summary, err := os.ReadFile(j.file("summary"))
	if err != nil {
		return j.result, err
	}
	j.result.Summary = string(summary)
	if j.result.Failed {
		return j.result, nil
	}
	for name, text := range definition.Outputs {
		value, err := j.contexts.Interpolate(text)
		if err != nil {
			return j.result, err
		}
		j.result.Outputs[name] = value
	}
	return j.result, nil
}

// settings evaluates what the job declares for all its steps.
func (j *job) settings() error {
	for _, text := range []string{j.definition.Name, j.definition.RunsOn, j.definition.Environment, j.definition.Concurrency.Group} {
		if _, err := j.contexts.Interpolate(text); err != nil {
			return err
		}
	}
	for _, name := range []string{"output", "summary"} {
		if err := os.WriteFile(j.file(name), nil, 0o600); err != nil {
			return err
		}
	}
	for name, text := range j.definition.Env {
		value, err := j.contexts.Interpolate(text)
		if err != nil {
			return err
		}
		j.env[name] = value
	}
	return nil
}

func (j *job) file(name string) string { return filepath.Join(j.Temp, name) }

func title(s Step) string {
	action, _, _ := strings.Cut(s.Uses, "@")
	if s.Name != "" {
		return s.Name
	}
	return action
}

// step executes one step, if its condition is true.
func (j *job) step(ctx context.Context, s Step) error {
	wanted := !j.result.Failed
	if s.If != "" {
		value, err := j.contexts.Evaluate(s.If)
		if err != nil {
			return err
		}
		// Without a function for the status, a condition includes success().
		wanted = truth(value) && (wanted || strings.Contains(s.If, "cancelled()"))
	}
	if !wanted {
		return nil
	}
	j.result.Steps = append(j.result.Steps, title(s))
	if s.Uses != "" {
		return j.use(s)
	}
	env := maps.Clone(j.env)
	for name, text := range s.Env {
		value, err := j.contexts.Interpolate(text)
		if err != nil {
			return err
		}
		env[name] = value
	}
	if strings.Contains(s.Run, "${{") {
		return errors.New("an expression in a script can run code of whoever sets its value; pass it by env")
	}
	return j.script(ctx, s, env)
}

func (j *job) use(s Step) error {
	with := map[string]string{}
	for name, text := range s.With {
		value, err := j.contexts.Interpolate(text)
		if err != nil {
			return err
		}
		with[name] = value
	}
	if j.Action == nil {
		return nil
	}
	added, err := j.Action(title(Step{Uses: s.Uses}), with)
	maps.Copy(j.env, added)
	return err
}

// script executes a script as GitHub does with shell: bash.
func (j *job) script(ctx context.Context, s Step, env map[string]string) error {
	file := j.file("script.sh")
	if err := errors.Join(os.WriteFile(file, []byte(s.Run), 0o600), os.WriteFile(j.file("output"), nil, 0o600)); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "bash", "--noprofile", "--norc", "-eo", "pipefail", file)
	cmd.Dir = j.Folder
	cmd.Env = append(slices.Clone(j.Environment), "RUNNER_TEMP="+j.Temp, "GITHUB_OUTPUT="+j.file("output"), "GITHUB_STEP_SUMMARY="+j.file("summary"))
	for name, value := range env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGINT) }
	cmd.WaitDelay = 30 * time.Second
	fmt.Fprintf(&j.log, "== %s\n", title(s))
	cmd.Stdout, cmd.Stderr = &j.log, &j.log
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || ctx.Err() != nil) {
		return errors.Join(err, ctx.Err())
	}
	j.result.Failed = j.result.Failed || err != nil
	return j.outputs(s.ID)
}

// outputs reads the outputs of a step.
func (j *job) outputs(id string) error {
	text, err := os.ReadFile(j.file("output"))
	if err != nil || id == "" {
		return err
	}
	found := map[string]any{}
	for line := range strings.Lines(string(text)) {
		name, value, isPair := strings.Cut(strings.TrimRight(line, "\n"), "=")
		if !isPair {
			return fmt.Errorf("GITHUB_OUTPUT has the line %q, want NAME=VALUE", line)
		}
		found[name] = value
	}
	j.contexts["steps"].(map[string]any)[id] = map[string]any{"outputs": found}
	return nil
}
