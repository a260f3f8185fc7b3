package main

import (
	"flag"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/local/accuracy/measure"
	"github.com/vllm-eks/vllm-eks/sizing"
)

var update = flag.Bool("update", false, "rewrite the report in the documentation")

const data = "testdata/kv-cache-measured.csv"

func measurements(t testing.TB) []row {
	t.Helper()
	rows, err := measure.ReadFile(data, readRows)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// The accuracy is what docs/sizing.md promises.
func TestAccuracy(t *testing.T) {
	s := newScore(measurements(t), measure.Shapes{})
	t.Log("\n" + s.text(true))
	d := s.decisions
	if share := measure.Percent(len(s.predictions), s.rows); share < 85 {
		t.Errorf("%.1f %% of the rows are predicted, want 85", share)
	}
	for _, l := range s.unpredicted {
		if !strings.HasPrefix(l.Reason, "GPU: ") && !strings.HasPrefix(l.Reason, "utilisation: ") {
			t.Errorf("%s is left out: %s", l.ID, l.Reason)
		}
	}
	if share := measure.Percent(d.marginal, d.total); share > 15 {
		t.Errorf("%.1f %% are marginal, want at most 15", share)
	}
	if d.rightPercent() < 97 || d.falseFits > 0 {
		t.Errorf("%.1f %% of the decisions are right, %d falsely \"fit\"; want 97 and none", d.rightPercent(), d.falseFits)
	}
	if strict := s.overall.strict; strict.Rows < 35 || strict.Median > 0.05 || strict.P90 > 0.15 {
		t.Errorf("KV cache: %d rows, median error %.1f %%, 90th percentile %.1f %%; want 5 and 15", strict.Rows, 100*strict.Median, 100*strict.P90)
	}
	// The goal of 90 % is not met: four logs disagree with the configuration that they state, or are of
	// a model that vLLM no longer serves; docs/sizing.md lists them.
	if s.loose < 25 || s.withinGiB < 85 {
		t.Errorf("%.1f %% of the other %d rows are within 1 GiB, want 85", s.withinGiB, s.loose)
	}
	if s.withinError < 90 {
		t.Errorf("%.1f %% are within the stated error, want 90", s.withinError)
	}
}

// Predictions stay the same with other results.
func TestPredictionsDoNotUseResults(t *testing.T) {
	text, err := os.ReadFile(data)
	if err != nil {
		t.Fatal(err)
	}
	rows := measurements(t)
	before, _ := predict(rows, measure.Shapes{})
	for i := range rows {
		rows[i].measured = measured{kvGiB: 1, kvTokens: 1, fits: !rows[i].fits}
	}
	after, _ := predict(rows, measure.Shapes{})
	for i := range before {
		if before[i].memory != after[i].memory {
			t.Errorf("%s: the prediction depends on the result", before[i].id)
		}
	}
	// The GPU's column of some rows holds the memory that CUDA reported.
	stripped := strings.NewReplacer("total 22.06 GiB", "total 99.99 GiB", "total 23.57 GiB", "total 99.99 GiB", "total 79.33 GiB", "total 1 GiB").Replace(string(text))
	changed, err := readRows(strings.NewReader(stripped))
	if err != nil {
		t.Fatal(err)
	}
	again, _ := predict(changed, measure.Shapes{})
	for i := range before {
		if before[i].memory != again[i].memory {
			t.Errorf("%s: the prediction depends on the memory that CUDA reported", before[i].id)
		}
	}
}

func TestGPUNames(t *testing.T) {
	for text, want := range map[string]string{
		"A100 80GB": "A100-80", "A100 80GB (inferred)": "A100-80", "A100-SXM4-40GB": "A100-40", "A10G 24GB": "A10G", "NVIDIA A10 24GB": "A10G",
		"24GB class (total 22.06 GiB: A10/A10G/L4)": "A10G", "24GB class (total 23.57 GiB: RTX 3090/4090)": "RTX-4090",
		"80GB class (total 79.25 GiB: A100/H100)": "H100", "80GB class (total 79.33 GiB)": "A100-80", "24GB GPU (model not stated)": "A30",
		"H100 NVL 94GB": "H100-NVL", "H20 96GB": "H20", "H200 141GB": "H200", "L40S 48GB": "L40S", "L4 24GB": "L4", "RTX 6000 Ada 48GB": "RTX-6000-ADA",
		"T4 16GB (inferred)": "T4", "V100 32GB": "V100-32", "RTX A6000 48GB": "A6000",
	} {
		if g, err := findGPU(text); err != nil || g.Name != want {
			t.Errorf("%q is %q, %v, want %s", text, g.Name, err, want)
		}
	}
	for _, text := range []string{"", "A100 (40 or 80GB not stated)", "A100 80GB vGPU slice (~24 GB)", "H100 MIG 1g.10gb", "some GPU"} {
		if g, err := findGPU(text); err == nil || !strings.HasPrefix(err.Error(), "GPU: ") {
			t.Errorf("%q is %q, %v", text, g.Name, err)
		}
	}
}

func TestReleaseOnADay(t *testing.T) {
	for date, want := range map[string]sizing.Release{
		"": undated, "2024": {Minor: 6, Patch: 5}, "2024-12-13": {Minor: 6}, "2025-08-31": {Minor: 10}, "2026-02": {Minor: 16}, "2030-01-01": {Minor: 29}, "2020": {Minor: 1},
	} {
		if got := releaseOn(date); got != want {
			t.Errorf("on %q it is %v, want %v", date, got, want)
		}
	}
}

// A config.json in a folder is found, and counts before the catalogue.
func TestConfigsComeFirst(t *testing.T) {
	folder := t.TempDir()
	config := `{"model_type": "llama", "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 128, "vocab_size": 100, "max_position_embeddings": 2048}`
	if err := os.MkdirAll(filepath.Join(folder, "org", "new"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"org/new/config.json", "Qwen--Qwen3-8B.json", "short.json", "org--flat.config.json"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(config), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, id := range []string{"org/new", "Qwen/Qwen3-8B (inferred)", "org/short", "org/flat"} {
		if s, err := (measure.Shapes{Folders: []string{folder}}).Find(id, 0); err != nil || s.Hidden != 64 {
			t.Errorf("%s: hidden size %d, %v", id, s.Hidden, err)
		}
	}
	if _, err := (measure.Shapes{}).Find("org/new", 0); err == nil || !strings.Contains(err.Error(), "not in the catalogue") {
		t.Errorf("%v", err)
	}
	if s, err := (measure.Shapes{}).Find("org/new-13b", 13); err != nil || s.Name != "" || math.Abs(s.Weights.Total()-13e9) > 1 {
		t.Errorf("a model of 13 billion parameters: %v, %v", s.Weights.Total(), err)
	}
}

func TestRun(t *testing.T) {
	if err := run([]string{"-data", data}); err != nil {
		t.Error(err)
	}
	for _, arguments := range [][]string{{}, {"-data", "missing.csv"}, {"-data", "accuracy_test.go"}} {
		if err := run(arguments); err == nil {
			t.Errorf("%q is accepted", arguments)
		}
	}
}

// docs/sizing.md shows the report.
func TestDocumentedAccuracy(t *testing.T) {
	const command = "make sizing-accuracy DATA=local/accuracy/testdata/kv-cache-measured.csv"
	prints := newScore(measurements(t), measure.Shapes{}).text(false)
	if err := measure.Documented("../../docs/sizing.md", command, prints, *update); err != nil {
		t.Errorf("%v\nrewrite it with: go -C local test ./accuracy -update", err)
	}
}
