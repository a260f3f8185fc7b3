package main

import (
	"cmp"
	"math"

	"github.com/vllm-eks/vllm-eks/local/accuracy/measure"
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

func predict(rows []row, shapes measure.Shapes) (predictions []prediction, leftOut []left) {
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
// takes where their number is not given; on one if it fits no number. Whether
// each had whole experts is not stated either.
func smallest(e sizing.Engine) sizing.Engine {
	for _, gpus := range []int{1, 2, 4, 8} {
		on := e
		on.TensorParallel, on.ExpertParallel = gpus, true
		if on.Splits(gpus) && sizing.Fit(on).Verdict == sizing.Fits {
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

func (d decisions) rightPercent() float64 { return measure.Percent(d.right, d.decided()) }

// score is what the report is made of.
type score struct {
	rows        int
	leftOut     []left
	predictions []prediction
	decisions   decisions
	strict, all measure.Summary    // relative error, of the strict rows and of all
	withinGiB   float64            // percent of the others within 1 GiB
	others      int                // how many those are
	withinError float64            // percent of all within the stated error
	by          map[string]grouped // relative errors, by what
}

// grouped are the errors of one group of rows, of the strict ones and of all.
type grouped struct{ strict, all measure.Summary }

func newScore(rows []row, shapes measure.Shapes) score {
	s := score{rows: len(rows), by: map[string]grouped{}}
	s.predictions, s.leftOut = predict(rows, shapes)
	var strict, all []float64
	groups := map[string][2][]float64{} // of the strict rows, and of all
	within, stated := 0, 0
	for _, p := range s.predictions {
		if p.stated {
			s.decisions.add(p)
		}
		if !p.hasKV() {
			continue
		}
		e := p.relativeError()
		all = append(all, e)
		if p.withinItsError() {
			stated++
		}
		switch {
		case p.strict():
			strict = append(strict, e)
		case math.Abs(p.gibError()) <= 1:
			within++
		}
		for _, name := range p.groups() {
			g := groups[name]
			if p.strict() {
				g[0] = append(g[0], e)
			}
			g[1] = append(g[1], e)
			groups[name] = g
		}
	}
	s.strict, s.all, s.others = measure.Summarize(strict), measure.Summarize(all), len(all)-len(strict)
	s.withinGiB, s.withinError = measure.Percent(within, s.others), measure.Percent(stated, len(all))
	for name, g := range groups {
		s.by[name] = grouped{measure.Summarize(g[0]), measure.Summarize(g[1])}
	}
	return s
}

// withinItsError tells whether the measurement is within the stated error.
func (p prediction) withinItsError() bool {
	e := p.gibError()
	return e <= p.memory.Error && -e <= p.memory.More
}

// groups are what the row counts for.
func (p prediction) groups() []string {
	return []string{
		"GPU " + p.engine.GPU.Name, "engine " + p.generation(), "quantisation " + cmp.Or(p.engine.Shape.Quantization.Method, "none"),
	}
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
