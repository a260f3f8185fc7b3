package main

import (
	"flag"
	"os"
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
	file, err := os.Open(data)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows, err := readRows(file)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// TestAccuracy holds what docs/sizing.md promises.
func TestAccuracy(t *testing.T) {
	s := newScore(measurements(t), measure.Shapes{})
	t.Log("\n" + s.text(true))
	for _, l := range s.leftOut {
		t.Errorf("%s is left out: %s", l.id, l.why)
	}
	if s.all.Median > 0.14 || s.all.P90 > 0.50 {
		t.Errorf("median error %.1f %%, 90th percentile %.1f %%; want at most 14 and 50", 100*s.all.Median, 100*s.all.P90)
	}
	if s.all.over > 13 {
		t.Errorf("%.1f %% of the rows are slower than planned, want at most 13", s.all.over)
	}
	for name, group := range s.by {
		kind, _, _ := strings.Cut(name, " ")
		if most := map[string]float64{"GPU": 0.25, "model": 0.31}[kind]; most > 0 && group.Rows >= 9 && group.Median > most {
			t.Errorf("%s: median error %.1f %%, want at most %.0f", name, 100*group.Median, 100*most)
		}
	}
}

// TestPredictionsSeeNoResult changes every result and expects the same
// predictions.
func TestPredictionsSeeNoResult(t *testing.T) {
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

// Cards whose speed counts as measured are those that have rows.
func TestMeasuredCards(t *testing.T) {
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

// A burst whose requests all run at once goes at the full rate, one that is long
// nearly so, and one of conversations ends slowly.
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

func TestWhatIsMissingIsNamed(t *testing.T) {
	good := measurements(t)[0]
	for name, test := range map[string]struct {
		change func(*row)
		want   string
	}{
		"card":   {func(r *row) { r.gpu = "some card" }, "GPU: "},
		"model":  {func(r *row) { r.model, r.billions = "org/unknown", 0 }, "not in the catalogue"},
		"load":   {func(r *row) { r.load.value = 0 }, "load: not stated"},
		"prompt": {func(r *row) { r.lengths.Input = 0 }, "load: not stated"},
		"answer": {func(r *row) { r.lengths.Output = 0 }, "load: not stated"},
		"result": {func(r *row) { r.tokensPerSecond = 0 }, "the result: not stated"},
		"doubt":  {func(r *row) { r.suspect = "cached prompts" }, "suspect: cached prompts"},
	} {
		r := good
		test.change(&r)
		if _, left := predict([]row{r}, measure.Shapes{}); len(left) != 1 || !strings.Contains(left[0].why, test.want) {
			t.Errorf("%s: %v, want %s", name, left, test.want)
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
		t.Error("nothing is kept back")
	}
}

// TestFilesOfSpreadsheets reads a file that begins with a byte order mark, has
// carriage returns, and columns in another order and beyond those that are read.
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

// TestDocumentedAccuracy keeps the report in docs/sizing.md what the command
// prints.
func TestDocumentedAccuracy(t *testing.T) {
	const command = "make speed-accuracy DATA=local/accuracy/testdata/throughput.csv"
	prints := newScore(measurements(t), measure.Shapes{}).text(false)
	if err := measure.Documented("../../../docs/sizing.md", command, prints, *update); err != nil {
		t.Errorf("%v\nrewrite it with: go -C local test ./accuracy/speed -update", err)
	}
}
