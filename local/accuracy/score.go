package main

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/stat"

	"github.com/vllm-eks/vllm-eks/sizing"
)

// prediction is one row's.
type prediction struct {
	row
	engine sizing.Engine
	memory sizing.Memory
}

// left is a row that is not predicted, and why.
type left struct{ id, why string }

func predict(rows []row, shapes shapes) (predictions []prediction, leftOut []left) {
	for _, r := range rows {
		engine, err := r.engine(shapes)
		if err != nil {
			leftOut = append(leftOut, left{r.id, err.Error()})
			continue
		}
		if !r.statesGPUs {
			engine = smallest(engine)
		}
		memory := sizing.Fit(engine)
		if !r.statesGPUs && engine.TensorParallel > 1 || engine.Shape.Name == "" {
			memory.Verdict = sizing.Marginal // it depends on what is not stated
		}
		predictions = append(predictions, prediction{r, engine.WithDefaults(), memory})
	}
	return predictions, leftOut
}

// smallest is the engine on as few GPUs as it fits, which is what the program
// takes where their number is not given; on one if it fits no number.
func smallest(e sizing.Engine) sizing.Engine {
	for _, gpus := range []int{1, 2, 4, 8} {
		on := e
		on.TensorParallel = gpus
		if sizing.Divides(e.Shape.Heads, gpus) && sizing.Fit(on).Verdict == sizing.Fits {
			return on
		}
	}
	return e
}

// hasKV tells whether the row says how large the cache is.
func (p prediction) hasKV() bool { return p.kvTokens > 0 || p.kvGiB != 0 }

// predicted is the cache of one GPU in GiB; below zero where something lacks.
func (p prediction) predicted() float64 { return p.memory.KV - p.memory.Short }

// bytesPerToken is what one of the tokens that vLLM logs takes on one GPU.
func (p prediction) bytesPerToken() float64 {
	if p.memory.Tokens > 0 {
		return p.memory.KV * (1 << 30) / float64(p.memory.Tokens)
	}
	return float64(p.engine.KVBytesPerToken())
}

// inGiB is the measured cache on one GPU. Tokens are converted as predicted;
// they count where pipeline stages differ, since a log tells of one of them.
func (p prediction) inGiB() float64 {
	if p.kvGiB != 0 && (p.engine.PipelineParallel == 1 || p.kvTokens == 0) {
		return p.kvGiB
	}
	return p.kvTokens * p.bytesPerToken() / (1 << 30)
}

// relativeError is that of KV tokens, or of KV GiB where only that is given.
func (p prediction) relativeError() float64 {
	if p.kvTokens > 0 {
		return float64(p.memory.Tokens)/p.kvTokens - 1
	}
	return p.predicted()/p.kvGiB - 1
}

// gibError is the error of the cache on one GPU.
func (p prediction) gibError() float64 { return p.predicted() - p.inGiB() }

// strict tells whether the row is among those that the relative error is
// judged by; of the others it is the absolute one.
func (p prediction) strict() bool { return p.complete() && p.inGiB() >= 2 }

// decisions are how the verdicts compare with the outcomes.
type decisions struct{ right, falseFits, falseNot, marginal, all int }

func (d *decisions) add(p prediction) {
	d.all++
	switch {
	case p.memory.Verdict == sizing.Marginal:
		d.marginal++
	case (p.memory.Verdict == sizing.Fits) == p.fits:
		d.right++
	case p.memory.Verdict == sizing.Fits:
		d.falseFits++
	default:
		d.falseNot++
	}
}

// decided are those that are not marginal.
func (d decisions) decided() int { return d.all - d.marginal }

func (d decisions) rightPercent() float64 { return percent(d.right, d.decided()) }

func percent(part, whole int) float64 {
	if whole == 0 {
		return math.NaN()
	}
	return 100 * float64(part) / float64(whole)
}

// summary is the median and the 90th percentile of absolute values.
type summary struct {
	n           int
	median, p90 float64
}

func summarize(values []float64) summary {
	sorted := make([]float64, len(values))
	for i, v := range values {
		sorted[i] = math.Abs(v)
	}
	slices.Sort(sorted)
	if len(sorted) == 0 {
		return summary{median: math.NaN(), p90: math.NaN()}
	}
	return summary{len(sorted), stat.Quantile(0.5, stat.Empirical, sorted, nil), stat.Quantile(0.9, stat.Empirical, sorted, nil)}
}

// score is what the report is made of.
type score struct {
	rows        int
	leftOut     []left
	predictions []prediction
	decisions   decisions
	strict      summary            // relative error
	withinGiB   float64            // percent of the others within 1 GiB
	others      int                // how many those are
	withinError float64            // percent of all within the stated error
	by          map[string]summary // relative errors, by what
}

func newScore(rows []row, shapes shapes) score {
	s := score{rows: len(rows), by: map[string]summary{}}
	s.predictions, s.leftOut = predict(rows, shapes)
	groups := map[string][]float64{}
	var strict []float64
	within, stated, all := 0, 0, 0
	for _, p := range s.predictions {
		if p.stated {
			s.decisions.add(p)
		}
		if !p.hasKV() {
			continue
		}
		all++
		if math.Abs(p.gibError()) <= p.memory.Error {
			stated++
		}
		if !p.strict() {
			s.others++
			if math.Abs(p.gibError()) <= 1 {
				within++
			}
			continue
		}
		e := p.relativeError()
		strict = append(strict, e)
		for _, group := range []string{"GPU " + p.engine.GPU.Name, "engine " + p.generation(), "quantisation " + cmp.Or(p.engine.Shape.Quantization.Method, "none")} {
			groups[group] = append(groups[group], e)
		}
	}
	s.strict = summarize(strict)
	s.withinGiB, s.withinError = percent(within, s.others), percent(stated, all)
	for group, values := range groups {
		s.by[group] = summarize(values)
	}
	return s
}

// generation is the engine's: what changed the memory most.
func (p prediction) generation() string {
	r := p.engine.Release
	switch {
	case r.Since(21):
		return "v0.21 and later"
	case r.Since(17):
		return "v0.17 to v0.20"
	case r.Since(8):
		return "v0.8 to v0.16"
	}
	return "before v0.8"
}

// text is the report.
func (s score) text(verbose bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Rows: %d, predicted %d (%.0f %%)\n", s.rows, len(s.predictions), percent(len(s.predictions), s.rows))
	for _, p := range s.predictions {
		if p.engine.Shape.Name == "" {
			fmt.Fprintf(&b, "  shape guessed from the number of parameters: %-6s %s\n", p.id, p.model)
		}
	}
	for _, l := range s.leftOut {
		fmt.Fprintf(&b, "  left out: %-6s %s\n", l.id, l.why)
	}
	d := s.decisions
	fmt.Fprintf(&b, "\nFit decisions: %d, of which marginal %d (%.1f %%)\n", d.all, d.marginal, percent(d.marginal, d.all))
	fmt.Fprintf(&b, "  right %d of %d (%.1f %%), false \"fits\" %d, false \"does not fit\" %d\n", d.right, d.decided(), d.rightPercent(), d.falseFits, d.falseNot)
	fmt.Fprintf(&b, "\nKV cache, rows that state GPU, parallelism, utilisation and version and have 2 GiB or more:\n")
	line := func(name string, x summary) {
		fmt.Fprintf(&b, "  %-32s %3d rows   median %5.1f %%   90th percentile %5.1f %%\n", name, x.n, 100*x.median, 100*x.p90)
	}
	line("all", s.strict)
	var names []string
	for name := range s.by {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		line(name, s.by[name])
	}
	fmt.Fprintf(&b, "KV cache, the other %d rows: %.1f %% within 1 GiB a GPU\n", s.others, s.withinGiB)
	fmt.Fprintf(&b, "KV cache, all: %.1f %% within the error that is stated with each\n", s.withinError)
	if verbose {
		fmt.Fprintf(&b, "\n%-6s %-44s %-12s %-8s %8s %8s %8s  %-12s %s\n", "row", "model", "GPU", "vLLM", "KV GiB", "measured", "error", "verdict", "outcome")
		for _, p := range s.predictions {
			measured, off := "-", "-"
			if p.hasKV() {
				measured, off = fmt.Sprintf("%.2f", p.inGiB()), fmt.Sprintf("%+.1f%%", 100*p.relativeError())
			}
			outcome := map[bool]string{true: "ok", false: "fail"}[p.fits]
			star := map[bool]string{true: "", false: " (other)"}[p.strict()]
			if p.hasKV() && math.Abs(p.gibError()) > p.memory.Error {
				star += fmt.Sprintf(" beyond the stated error of %.2f", p.memory.Error)
			}
			fmt.Fprintf(&b, "%-6s %-44.44s %-12s %-8s %8.2f %8s %8s  %-12s %s%s\n", p.id, cmp.Or(p.engine.Shape.Name, p.model),
				fmt.Sprintf("%d×%s", p.engine.GPUs(), p.engine.GPU.Name), p.engine.Release, p.predicted(), measured, off, p.memory.Verdict, outcome, star)
		}
	}
	return b.String()
}
