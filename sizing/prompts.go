package sizing

import "math"

// servePrompts fills in the results for a model that does not generate. A request is
// its prompt, and prompts share batches. TTFT is the time to the answer.
func (e Engine) servePrompts(s *Serving, m Memory, o Objectives) {
	s.MaxNumSeqs, _ = e.defaults()
	s.Usable = s.BySequences
	if blocks := e.blocksFor(e.pool(), o.InputTokens); blocks > 0 {
		s.ByKV = m.Blocks / blocks
		s.Usable = min(s.Usable, s.ByKV)
	}
	read := s.Speed.Planned().batched(o)
	if read <= 0 {
		return
	}
	s.PrefillTokensPerSecond = float64(o.InputTokens) / read
	busy := busiest(read, o)
	s.ByTTFT = max(1, whole(queued(busy)))
	s.Usable = min(s.Usable, s.ByTTFT)
	if limit := meanWithin(s.Usable); queued(busy) > limit {
		busy = largest(1, func(rho float64) bool { return queued(rho) <= limit })
	}
	s.Target = max(1, int(math.Round(queued(busy/s.Growth))))
	s.TargetTokensPerSecond = busy / s.Growth * s.PrefillTokensPerSecond
}

// batched returns how long a replica computes one prompt of a full batch, in seconds; 0
// if the speed is unknown.
func (s Speed) batched(o Objectives) float64 {
	if !s.Known() {
		return 0
	}
	input := float64(o.InputTokens)
	prompts := math.Max(1, math.Floor(s.batch/input))
	lengths := Lengths{Input: input * prompts}
	return s.prompt(lengths, input) / prompts
}

// queued returns the mean number of requests of a replica that computes prompts for the
// share rho of its time, waiting requests included.
func queued(rho float64) float64 { return rho + rho*rho*promptDispersion/(2*(1-rho)) }
