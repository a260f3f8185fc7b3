package hardware

import (
	"time"

	"github.com/vllm-eks/vllm-eks/local/vllmsim/engine"
	"github.com/vllm-eks/vllm-eks/sizing"
)

// Timing gives the duration of an engine's steps.
type Timing struct {
	// Speed is the predicted speed of the engine.
	Speed sizing.Speed
	// Scale divides all durations. Default: 1.
	Scale float64
}

// Step returns the duration of a step on the simulated GPUs.
func (t Timing) Step(s engine.Step) time.Duration {
	var batch sizing.Batch
	attended := 0.0
	for _, w := range s.Work {
		if !w.Prompt {
			batch.Sequences++
			batch.Reading += t.Speed.Reading(float64(w.Context))
			continue
		}
		tokens := float64(w.Tokens)
		batch.PromptTokens += tokens
		attended += tokens * (float64(w.Context) + tokens/2)
		if w.Context == 0 {
			batch.Requests++
		}
	}
	if batch.PromptTokens > 0 {
		batch.PromptContext = attended / batch.PromptTokens
	}
	took := t.Speed.Step(batch)
	if t.Scale > 0 {
		took = time.Duration(float64(took) / t.Scale)
	}
	return took
}
