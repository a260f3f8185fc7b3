// Package workflow executes the shell steps of GitHub workflows, for the tests of the
// template. It knows the keys, contexts and functions that the template uses, and returns an
// error for every other one. Sources: docs.github.com, "Workflow syntax for GitHub Actions"
// and "Evaluate expressions in workflows and actions" (read 2026-11-30).
package workflow

import (
	"bytes"
	"fmt"
	"os"

	"go.yaml.in/yaml/v3"
)

// Workflow is a file in .github/workflows.
type Workflow struct {
	Name        string            `yaml:"name"`
	On          map[string]any    `yaml:"on"`
	Permissions map[string]string `yaml:"permissions"`
	Defaults    Defaults          `yaml:"defaults"`
	Concurrency Concurrency       `yaml:"concurrency"`
	Jobs        map[string]Job    `yaml:"jobs"`
}

// Defaults are the settings of all steps with a script.
type Defaults struct {
	Run struct {
		Shell string `yaml:"shell"`
	} `yaml:"run"`
}

// Concurrency is the group of which one run is in progress.
type Concurrency struct {
	Group  string `yaml:"group"`
	Cancel any    `yaml:"cancel-in-progress"`
}

// Job is a list of steps on one machine, or the call of another workflow.
type Job struct {
	Name        string            `yaml:"name"`
	Needs       string            `yaml:"needs"`
	If          string            `yaml:"if"`
	RunsOn      string            `yaml:"runs-on"`
	Timeout     int               `yaml:"timeout-minutes"`
	Environment string            `yaml:"environment"`
	Permissions map[string]string `yaml:"permissions"`
	Concurrency Concurrency       `yaml:"concurrency"`
	Outputs     map[string]string `yaml:"outputs"`
	Env         map[string]string `yaml:"env"`
	Strategy    Strategy          `yaml:"strategy"`
	Steps       []Step            `yaml:"steps"`
	Uses        string            `yaml:"uses"`
	With        map[string]string `yaml:"with"`
}

// Strategy runs a job once for each value of a matrix.
type Strategy struct {
	FailFast *bool             `yaml:"fail-fast"`
	Matrix   map[string]string `yaml:"matrix"`
}

// Step is a script, or the use of an action.
type Step struct {
	ID   string            `yaml:"id"`
	Name string            `yaml:"name"`
	If   string            `yaml:"if"`
	Env  map[string]string `yaml:"env"`
	Run  string            `yaml:"run"`
	Uses string            `yaml:"uses"`
	With map[string]string `yaml:"with"`
}

// Read returns the workflow of a file. Unknown keys are errors.
func Read(path string) (Workflow, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return Workflow{}, err
	}
	var w Workflow
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(&w); err != nil {
		return Workflow{}, fmt.Errorf("%s: %w", path, err)
	}
	return w, nil
}
