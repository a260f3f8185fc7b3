package main

import (
	"flag"
	"slices"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/local/accuracy/measure"
	"github.com/vllm-eks/vllm-eks/sizing"
	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

var update = flag.Bool("update", false, "rewrite the report in the documentation")

const data = "../testdata/throughput.csv"

func measurements(t *testing.T) []row {
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
	for _, l := range s.unpredicted {
		t.Errorf("%s is left out: %s", l.ID, l.Reason)
	}
	if s.overall.Median > 0.14 || s.overall.P90 > 0.50 {
		t.Errorf("median error %.1f %%, 90th percentile %.1f %%; want at most 14 and 50", 100*s.overall.Median, 100*s.overall.P90)
	}
	if s.overall.over > 13 {
		t.Errorf("%.1f %% of the rows are slower than planned, want at most 13", s.overall.over)
	}
	for name, group := range s.groups {
		kind, _, _ := strings.Cut(name, " ")
		if limit := map[string]float64{"GPU": 0.25, "model": 0.31}[kind]; limit > 0 && group.Rows >= 9 && group.Median > limit {
			t.Errorf("%s: median error %.1f %%, want at most %.0f", name, 100*group.Median, 100*limit)
		}
	}
}

// Predictions stay the same with other results.
func TestPredictionsDoNotUseResults(t *testing.T) {
	before, _ := predict(measurements(t), measure.Shapes{})
	rows := measurements(t)
	for i := range rows {
		rows[i].tokensPerSecond, rows[i].millisecondsPerToken = 2*rows[i].tokensPerSecond, rows[i].millisecondsPerToken/2
	}
	after, _ := predict(rows, measure.Shapes{})
	for i := range before {
		if got := after[i].ratio / before[i].ratio; got < 0.4999 || got > 0.5001 {
			t.Errorf("%s: with twice the result the ratio is %.3f times as large", before[i].id, got)
		}
	}
}

// The GPUs with a measured speed are the GPUs that have rows.
func TestMeasuredGPUs(t *testing.T) {
	predictions, _ := predict(measurements(t), measure.Shapes{})
	rows := map[string]int{}
	for _, p := range predictions {
		rows[p.engine.GPU.Name]++
	}
	for _, name := range catalogue.GPUNames() {
		if g, err := catalogue.FindGPU(name); err != nil || g.Measured != (rows[name] > 0) {
			t.Errorf("%s: measured %v, with %d rows (%v)", name, g.Measured, rows[name], err)
		}
	}
}

func TestFixedLengths(t *testing.T) {
	for mean, want := range map[float64]bool{1996.35: true, 7165.29: true, 200.054: true, 1020.035: true, 217.393: false, 778: false, 215.2: false} {
		if got := fixedLength(mean); got != want {
			t.Errorf("a mean of %g tokens: %v", mean, got)
		}
	}
}

// A burst whose requests all run at once has the full rate, a long one nearly so, and a burst of
// conversations ends slowly.
func TestBursts(t *testing.T) {
	for _, c := range []struct {
		load
		waves, want float64
	}{{load{fixed: true}, 1, 1}, {load{}, 1, 1}, {load{fixed: true}, 1.5, 0.75}, {load{fixed: true}, 9.5, 1}, {load{}, 3.1, 3.1 / 4.65}} {
		if got := c.busy(c.waves); got != c.want {
			t.Errorf("%+v of %g waves: %g, want %g", c.load, c.waves, got, c.want)
		}
	}
}

func TestMissingValuesAreNamed(t *testing.T) {
	good := measurements(t)[0]
	for name, test := range map[string]struct {
		change func(*row)
		want   string
	}{
		"GPU":    {func(r *row) { r.gpu = "some GPU" }, "GPU: "},
		"model":  {func(r *row) { r.model, r.billions = "org/unknown", 0 }, "not in the catalogue"},
		"load":   {func(r *row) { r.load.value = 0 }, "load: not stated"},
		"prompt": {func(r *row) { r.lengths.Input = 0 }, "load: not stated"},
		"answer": {func(r *row) { r.lengths.Output = 0 }, "load: not stated"},
		"result": {func(r *row) { r.tokensPerSecond = 0 }, "the result: not stated"},
		"doubt":  {func(r *row) { r.suspect = "cached prompts" }, "suspect: cached prompts"},
	} {
		r := good
		test.change(&r)
		if _, unpredicted := predict([]row{r}, measure.Shapes{}); len(unpredicted) != 1 || !strings.Contains(unpredicted[0].Reason, test.want) {
			t.Errorf("%s: %v, want %s", name, unpredicted, test.want)
		}
	}
	for _, arguments := range [][]string{{}, {"-data", "missing.csv"}, {"-data", "speed_test.go"}} {
		if err := run(arguments); err == nil {
			t.Errorf("%q is accepted", arguments)
		}
	}
	if err := run([]string{"-data", data}); err != nil {
		t.Error(err)
	}
	if sizing.PlannedShare >= 1 {
		t.Error("the planned speed is not below the predicted one")
	}
}

// A spreadsheet may write a byte order mark, carriage returns, another order of columns and more
// columns.
func TestFilesOfSpreadsheets(t *testing.T) {
	header := append([]string{"more"}, columns...)
	cells := make([]string, len(header))
	slices.Reverse(header[1:])
	cells[slices.Index(header, "id")] = "P1"
	for _, first := range []string{"\ufeff", ""} {
		text := first + strings.Join(header, ",") + "\r\n" + strings.Join(cells, ",") + "\r\n"
		if rows, err := readRows(strings.NewReader(text)); err != nil || len(rows) != 1 || rows[0].id != "P1" {
			t.Errorf("%+v, %v", rows, err)
		}
	}
	header = header[1:]
	slices.Reverse(header) // id comes first
	text := "\ufeff" + strings.Join(header, ",") + "\nP2" + strings.Repeat(",", len(header)-1)
	if rows, err := readRows(strings.NewReader(text)); err != nil || len(rows) != 1 || rows[0].id != "P2" {
		t.Errorf("%+v, %v", rows, err)
	}
}

// docs/sizing.md shows the report.
func TestDocumentedAccuracy(t *testing.T) {
	const command = "make speed-accuracy DATA=local/accuracy/testdata/throughput.csv"
	prints := newScore(measurements(t), measure.Shapes{}).text(false)
	if err := measure.Documented("../../../docs/sizing.md", command, prints, *update); err != nil {
		t.Errorf("%v\nrewrite it with: go -C local test ./accuracy/speed -update", err)
	}
}
