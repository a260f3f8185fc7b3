package sizing

import "math"

// Latency holds the mean times of the requests of one replica.
type Latency struct {
	// Requests is the number of requests at once: decoding, waiting, or with a prompt that is
	// computed.
	Requests float64
	// TTFT is the time to the first token, with the wait for the running step and for earlier
	// prompts. TPOT is the time per output token after it. Both are in seconds.
	TTFT, TPOT float64
}

// Latency returns the latency at a rate of requests a second, by the queue of byTTFT. The dispersion is
// the mean square of prompt lengths divided by the square of their mean: 1 if all have the same
// length. The result is false if the speed is unknown, or if the replica cannot serve the rate.
func (s Speed) Latency(requests float64, l Lengths, dispersion float64) (Latency, bool) {
	read := s.prompt(l, l.Input)
	busy := requests * read
	if read <= 0 || busy >= 1 {
		return Latency{}, false
	}
	decoding := s.SequencesAt(requests*l.Output, l)
	if math.IsInf(decoding, 1) {
		return Latency{}, false
	}
	tpot := s.TimePerToken(decoding, l)
	// A request waits for half a step on average if others decode, whose number is about Poisson.
	ttft := (1-math.Exp(-decoding))*tpot/2 + read + busy*dispersion*read/(2*(1-busy))
	return Latency{Requests: decoding + requests*ttft, TTFT: ttft, TPOT: tpot}, true
}
