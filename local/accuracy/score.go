package main

import (
	"cmp"
	"math"

	"github.com/vllm-eks/vllm-eks/local/accuracy/measure"
	"github.com/vllm-eks/vllm-eks/sizing"
)

// prediction is the prediction for one row.
type prediction struct {
	row
	engine sizing.Engine
	memory sizing.Memory
}

func predict(rows []row, shapes measure.Shapes) (predictions []prediction, unpredicted []measure.Unpredicted) {
	for _, r := range rows {
		engine, err := r.engine(shapes)
		if err != nil {
			unpredicted = append(unpredicted, measure.Unpredicted{ID: r.id, Reason: err.Error()})
			continue
		}
		if !r.statesGPUs {
			engine = smallest(engine)
		}
		memory := sizing.Fit(engine)
		if !r.statesGPUs && engine.TensorParallel > 1 || engine.Shape.Name == "" {
			memory.Verdict = sizing.Marginal // it depends on a value that is not stated
		}
		predictions = append(predictions, prediction{r, engine.WithDefaults(), memory})
	}
	return predictions, unpredicted
}

// smallest returns the engine on the smallest number of GPUs that it fits, the default of the program,
// or on one GPU if it fits no number. Whether each GPU had whole experts is not stated either.
func smallest(e sizing.Engine) sizing.Engine {
	for _, gpus := range []int{1, 2, 4, 8} {
		split := e
		split.TensorParallel, split.ExpertParallel = gpus, true
		if split.Splits(gpus) && sizing.Fit(split).Verdict == sizing.Fits {
			return split
		}
	}
	return e
}

// hasKV reports whether the row states the size of the cache.
func (p prediction) hasKV() bool { return p.kvTokens > 0 || p.kvGiB != 0 }

// predicted returns the cache of one GPU in GiB; below zero for a missing amount.
func (p prediction) predicted() float64 { return p.memory.KV - p.memory.Short }

// bytesPerToken returns the size of a token that vLLM logs on one GPU.
func (p prediction) bytesPerToken() float64 {
	if p.memory.Tokens > 0 {
		return p.memory.KV * (1 << 30) / float64(p.memory.Tokens)
	}
	return float64(p.engine.KVBytesPerToken())
}

// inGiB returns the measured cache on one GPU. Tokens are converted with the predicted size. They
// count for several pipeline stages, since a log has the GiB of one of them only.
func (p prediction) inGiB() float64 {
	if p.kvGiB != 0 && (p.engine.PipelineParallel == 1 || p.kvTokens == 0) {
		return p.kvGiB
	}
	return p.kvTokens * p.bytesPerToken() / (1 << 30)
}

// relativeError returns the error of KV tokens, or of KV GiB if only that is known.
func (p prediction) relativeError() float64 {
	if p.kvTokens > 0 {
		return float64(p.memory.Tokens)/p.kvTokens - 1
	}
	return p.predicted()/p.kvGiB - 1
}

// gibError returns the error of the cache on one GPU in GiB.
func (p prediction) gibError() float64 { return p.predicted() - p.inGiB() }

// strict reports whether the relative error of the row counts; for the other rows the absolute error
// counts.
func (p prediction) strict() bool { return p.complete() && p.inGiB() >= 2 }

// decisions counts how the verdicts compare with the outcomes.
type decisions struct{ right, falseFits, falseNot, marginal, total int }

func (d *decisions) add(p prediction) {
	d.total++
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

// decided returns the number of decisions that are not marginal.
func (d decisions) decided() int { return d.total - d.marginal }

func (d decisions) rightPercent() float64 { return measure.Percent(d.right, d.decided()) }

// score holds the figures of the report.
type score struct {
	rows        int
	unpredicted []measure.Unpredicted
	predictions []prediction
	decisions   decisions
	overall     grouped
	withinGiB   float64 // percent of the not strict rows within 1 GiB
	loose       int     // number of rows that are not strict
	withinError float64 // percent of all within the stated error
	groups      map[string]grouped
}

// grouped holds the relative errors of a group of rows: of the strict rows, and of every row.
type grouped struct{ strict, every measure.Summary }

func newScore(rows []row, shapes measure.Shapes) score {
	s := score{rows: len(rows), groups: map[string]grouped{}}
	s.predictions, s.unpredicted = predict(rows, shapes)
	strict, every := map[string][]float64{}, map[string][]float64{} // relative errors by group
	withinGiB, withinError := 0, 0
	for _, p := range s.predictions {
		if p.stated {
			s.decisions.add(p)
		}
		if !p.hasKV() {
			continue
		}
		if p.withinItsError() {
			withinError++
		}
		if !p.strict() && math.Abs(p.gibError()) <= 1 {
			withinGiB++
		}
		for _, name := range append(p.groups(), overall) {
			every[name] = append(every[name], p.relativeError())
			if p.strict() {
				strict[name] = append(strict[name], p.relativeError())
			}
		}
	}
	for name := range every {
		s.groups[name] = grouped{measure.Summarize(strict[name]), measure.Summarize(every[name])}
	}
	s.overall = s.groups[overall]
	delete(s.groups, overall)
	s.loose = s.overall.every.Rows - s.overall.strict.Rows
	s.withinGiB, s.withinError = measure.Percent(withinGiB, s.loose), measure.Percent(withinError, s.overall.every.Rows)
	return s
}

// overall is the group of all rows.
const overall = "overall"

// withinItsError reports whether the measurement is within the stated error.
func (p prediction) withinItsError() bool {
	e := p.gibError()
	return e <= p.memory.Error && -e <= p.memory.More
}

// groups returns the groups to which the row belongs.
func (p prediction) groups() []string {
	return []string{
		"GPU " + p.engine.GPU.Name, "engine " + p.generation(), "quantisation " + cmp.Or(p.engine.Shape.Quantization.Method, "none"),
	}
}

// generation returns the group of vLLM versions with a similar use of memory.
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
