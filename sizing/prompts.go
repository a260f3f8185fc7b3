package sizing

import "math"

// servePrompts fills in what one replica of a model does that does not generate:
// a request is its prompt, and prompts share batches. TTFT is the time to the
// answer.
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
	if most := unscattered(s.Usable); queued(busy) > most {
		busy = largest(1, func(rho float64) bool { return queued(rho) <= most })
	}
	s.Target = max(1, int(math.Round(queued(busy/s.Growth))))
	s.TargetTokensPerSecond = busy / s.Growth * s.PrefillTokensPerSecond
}

// batched returns how long an engine computes one prompt of many that come
// together, in seconds; 0 where nothing is known.
func (s Speed) batched(o Objectives) float64 {
	if !s.Known() {
		return 0
	}
	input := float64(o.InputTokens)
	prompts := math.Max(1, math.Floor(s.batch/input))
	many := Lengths{Input: input * prompts}
	return s.prompt(many, input) / prompts
}

// queued returns the mean number of requests of a replica that computes prompts
// for the share rho of its time, those that wait included.
func queued(rho float64) float64 { return rho + rho*rho*promptDispersion/(2*(1-rho)) }
