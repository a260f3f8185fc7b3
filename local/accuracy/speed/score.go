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

// prediction is the prediction for one row. Its ratio is the predicted speed over the measured one.
type prediction struct {
	row
	engine sizing.Engine
	ratio  float64
}

func predict(rows []row, shapes measure.Shapes) (predictions []prediction, unpredicted []measure.Unpredicted) {
	omit := func(r row, reason string) {
		unpredicted = append(unpredicted, measure.Unpredicted{ID: r.id, Reason: reason})
	}
	for _, r := range rows {
		if r.suspect != "" {
			omit(r, "suspect: "+r.suspect)
			continue
		}
		engine, err := r.engine(shapes.Find)
		if err != nil {
			omit(r, err.Error())
			continue
		}
		rate, token := r.predict(engine)
		ratio := rate / r.tokensPerSecond
		if r.byToken {
			ratio = r.millisecondsPerToken / token
		}
		if r.tokensPerSecond <= 0 && !r.byToken || ratio <= 0 || math.IsInf(ratio, 0) || math.IsNaN(ratio) {
			omit(r, "the result: not stated")
			continue
		}
		predictions = append(predictions, prediction{r, engine, ratio})
	}
	return predictions, unpredicted
}

// groups returns the groups to which the row belongs.
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

// summary summarizes the ratios of rows.
type summary struct {
	measure.Summary         // of the errors
	ratio           float64 // the median
	within, over    float64 // percent of the rows within 25 %, and of the rows with a planned speed above the measured one
}

func summarize(ratios []float64) summary {
	var errors []float64
	within, over := 0, 0
	for _, r := range ratios {
		errors = append(errors, r-1)
		if math.Abs(r-1) <= 0.25 {
			within++
		}
		if r*sizing.PlannedShare > 1 {
			over++
		}
	}
	return summary{measure.Summarize(errors), measure.Summarize(ratios).Median, measure.Percent(within, len(ratios)), measure.Percent(over, len(ratios))}
}

// score holds the figures of the report.
type score struct {
	rows        int
	unpredicted []measure.Unpredicted
	predictions []prediction
	overall     summary
	groups      map[string]summary
}

func newScore(rows []row, shapes measure.Shapes) score {
	s := score{rows: len(rows), groups: map[string]summary{}}
	s.predictions, s.unpredicted = predict(rows, shapes)
	groups := map[string][]float64{}
	var ratios []float64
	for _, p := range s.predictions {
		ratios = append(ratios, p.ratio)
		for _, name := range p.groups() {
			groups[name] = append(groups[name], p.ratio)
		}
	}
	s.overall = summarize(ratios)
	for name, ratios := range groups {
		s.groups[name] = summarize(ratios)
	}
	return s
}

// text returns the report, with a line for every row if verbose.
func (s score) text(verbose bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Rows: %d, predicted %d (%.0f %%)\n", s.rows, len(s.predictions), measure.Percent(len(s.predictions), s.rows))
	for _, l := range s.unpredicted {
		fmt.Fprintf(&b, "  left out: %-6s %s\n", l.ID, l.Reason)
	}
	fmt.Fprintf(&b, "\n%-28s %5s %8s %8s %7s %8s %9s\n", "Output tokens/s", "rows", "median", "90th", "ratio", "within", "planned")
	fmt.Fprintf(&b, "%-28s %5s %8s %8s %7s %8s %9s\n", "predicted against measured", "", "|error|", "|error|", "", "25 %", "too high")
	line := func(name string, x summary) {
		fmt.Fprintf(&b, "  %-26s %5d %6.0f %% %6.0f %% %7.2f %6.0f %% %7.0f %%\n", name, x.Rows, 100*x.Median, 100*x.P90, x.ratio, x.within, x.over)
	}
	line("overall", s.overall)
	for _, name := range slices.Sorted(maps.Keys(s.groups)) {
		line(name, s.groups[name])
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
