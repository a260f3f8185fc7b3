package main

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/vllm-eks/vllm-eks/local/accuracy/measure"
	"github.com/vllm-eks/vllm-eks/sizing"
)

// prediction is one row's: the predicted speed over the measured one.
type prediction struct {
	row
	engine sizing.Engine
	ratio  float64
}

// left is a row that is not predicted, and why.
type left struct{ id, why string }

func predict(rows []row, shapes measure.Shapes) (predictions []prediction, leftOut []left) {
	for _, r := range rows {
		if r.suspect != "" {
			leftOut = append(leftOut, left{r.id, "suspect: " + r.suspect})
			continue
		}
		engine, err := r.engine(shapes.Find)
		if err != nil {
			leftOut = append(leftOut, left{r.id, err.Error()})
			continue
		}
		rate, token := r.predict(engine)
		ratio := rate / r.tokensPerSecond
		if r.byToken {
			ratio = r.millisecondsPerToken / token
		}
		if r.tokensPerSecond <= 0 && !r.byToken || ratio <= 0 || math.IsInf(ratio, 0) || math.IsNaN(ratio) {
			leftOut = append(leftOut, left{r.id, "the result: not stated"})
			continue
		}
		predictions = append(predictions, prediction{r, engine, ratio})
	}
	return predictions, leftOut
}

// groups are what the row counts for.
func (p prediction) groups() []string {
	context := "≥ 16k"
	for _, below := range []struct {
		tokens float64
		name   string
	}{{16384, "4k to 16k"}, {4096, "1k to 4k"}, {1024, "< 1k"}} {
		if p.lengths.Input+p.lengths.Output/2 < below.tokens {
			context = below.name
		}
	}
	return []string{
		"GPU " + p.engine.GPU.Name, "model " + cmp.Or(p.family, "of no stated family"), "load " + p.load.kind,
		fmt.Sprintf("tensor parallel %d", p.engine.TensorParallel), "context " + context,
	}
}

// summary is of the ratios of rows.
type summary struct {
	measure.Summary         // of the errors
	ratio           float64 // the median
	within, over    float64 // percent within a quarter, and of those whose planned speed is above the measured one
}

func summarize(ratios []float64) summary {
	var off []float64
	within, over := 0, 0
	for _, r := range ratios {
		off = append(off, r-1)
		if math.Abs(r-1) <= 0.25 {
			within++
		}
		if r*sizing.PlannedShare > 1 {
			over++
		}
	}
	return summary{measure.Summarize(off), measure.Summarize(ratios).Median, measure.Percent(within, len(ratios)), measure.Percent(over, len(ratios))}
}

// score is what the report is made of.
type score struct {
	rows        int
	leftOut     []left
	predictions []prediction
	all         summary
	by          map[string]summary
}

func newScore(rows []row, shapes measure.Shapes) score {
	s := score{rows: len(rows), by: map[string]summary{}}
	s.predictions, s.leftOut = predict(rows, shapes)
	groups := map[string][]float64{}
	var all []float64
	for _, p := range s.predictions {
		all = append(all, p.ratio)
		for _, name := range p.groups() {
			groups[name] = append(groups[name], p.ratio)
		}
	}
	s.all = summarize(all)
	for name, ratios := range groups {
		s.by[name] = summarize(ratios)
	}
	return s
}

// text is the report, with a line for every row if it is to be verbose.
func (s score) text(verbose bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Rows: %d, predicted %d (%.0f %%)\n", s.rows, len(s.predictions), measure.Percent(len(s.predictions), s.rows))
	for _, l := range s.leftOut {
		fmt.Fprintf(&b, "  left out: %-6s %s\n", l.id, l.why)
	}
	fmt.Fprintf(&b, "\n%-28s %5s %8s %8s %7s %8s %9s\n", "Output tokens/s", "rows", "median", "90th", "ratio", "within", "planned")
	fmt.Fprintf(&b, "%-28s %5s %8s %8s %7s %8s %9s\n", "predicted against measured", "", "|error|", "|error|", "", "25 %", "too high")
	line := func(name string, x summary) {
		fmt.Fprintf(&b, "  %-26s %5d %6.0f %% %6.0f %% %7.2f %6.0f %% %7.0f %%\n", name, x.Rows, 100*x.Median, 100*x.P90, x.ratio, x.within, x.over)
	}
	line("overall", s.all)
	for _, name := range slices.Sorted(maps.Keys(s.by)) {
		line(name, s.by[name])
	}
	fmt.Fprintf(&b, "Ratio: the median of predicted over measured. Planned: %g of the predicted speed.\n", sizing.PlannedShare)
	if verbose {
		fmt.Fprintf(&b, "\n%-6s %-44s %-18s %-8s %-18s %9s %9s %6s\n", "row", "model", "GPU", "vLLM", "load", "measured", "predicted", "ratio")
		for _, p := range s.predictions {
			result, unit := p.tokensPerSecond, "tok/s"
			if p.byToken {
				result, unit = 1000/p.millisecondsPerToken, "1/s"
			}
			fmt.Fprintf(&b, "%-6s %-44.44s %-18s %-8s %-18s %9.1f %9.1f %6.2f %s\n", p.id, p.model, fmt.Sprintf("%d×%s", p.engine.GPUs(), p.engine.GPU.Name), p.engine.Release,
				fmt.Sprintf("%s %g", p.load.kind, p.load.value), result, result*p.ratio, p.ratio, unit)
		}
	}
	return b.String()
}
