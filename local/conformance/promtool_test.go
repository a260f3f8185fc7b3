package conformance

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// prometheusTool returns the path of a program that the module with Prometheus builds. Of the kinds
// of service discovery, Prometheus has the one that the cluster uses: everything else is compiled
// for the cluster, too. go tool would ignore the tags.
func prometheusTool(t testing.TB, pkg string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", "..", ".local", "bin", filepath.Base(pkg)))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join("..", "..", ".local"), 0o700); err != nil { // as local/bootstrap makes it
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), "go", "build", "-tags=remove_all_sd,enable_kubernetes_sd", "-o", path, pkg)
	command.Dir = filepath.Join("..", "controllers", "prometheus")
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%s cannot be built: %v\n%s", pkg, err, out)
	}
	return path
}

// ruleTests is a file of promtool test rules.
type ruleTests struct {
	RuleFiles          []string   `json:"rule_files"`
	EvaluationInterval string     `json:"evaluation_interval"`
	Tests              []ruleTest `json:"tests"`
}

type ruleTest struct {
	Name     string           `json:"name"`
	Interval string           `json:"interval"`
	Input    []inputSeries    `json:"input_series"`
	Queries  []queryTest      `json:"promql_expr_test,omitempty"`
	Alerts   []annotationTest `json:"alert_rule_test,omitempty"`
}

type inputSeries struct {
	Series string `json:"series"`
	Values string `json:"values"`
}

type queryTest struct {
	Query   string   `json:"expr"`
	Time    string   `json:"eval_time"`
	Samples []sample `json:"exp_samples"`
}

type sample struct {
	Labels string  `json:"labels"`
	Value  float64 `json:"value"`
}

type annotationTest struct {
	Name   string        `json:"alertname"`
	Time   string        `json:"eval_time"`
	Alerts []firingAlert `json:"exp_alerts"`
}

type firingAlert struct {
	Labels      map[string]string `json:"exp_labels"`
	Annotations map[string]string `json:"exp_annotations"`
}

// series returns input series, sorted as the text has them: each line holds a series, two spaces
// or more, and its values in the notation of promtool.
func series(text string) []inputSeries {
	var list []inputSeries
	for line := range strings.Lines(text) {
		name, values, ok := strings.Cut(strings.TrimSpace(line), "  ")
		if ok {
			list = append(list, inputSeries{name, strings.TrimSpace(values)})
		}
	}
	return list
}

// promtool runs promtool with files that hold the values as JSON, which is YAML.
func promtool(t *testing.T, arguments []string, files map[string]any) {
	t.Helper()
	folder := t.TempDir()
	for name, content := range files {
		text, err := json.MarshalIndent(content, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	command := exec.CommandContext(t.Context(), prometheusTool(t, "github.com/prometheus/prometheus/cmd/promtool"), arguments...)
	command.Dir = folder
	if out, err := command.CombinedOutput(); err != nil {
		t.Errorf("promtool %s: %v\n%s", strings.Join(arguments, " "), err, out)
	}
}

// minutes returns a time of promtool.
func minutes(n float64) string { return fmt.Sprintf("%ds", int(n*60)) }
