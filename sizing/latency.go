package sizing

import "math"

const (
	// promptDispersion is the mean square of prompt lengths divided by the square of
	// their mean, in Azure's conversation trace of 2023 (median 1020 tokens, 95th
	// percentile 4083, mean 1155). It is 1.9 in Azure's code trace.
	promptDispersion = 1.8
	// lateShare is the share of prompts that may miss the TTFT objective.
	lateShare = 0.05
)

// byTTFT returns the mean number of requests of one replica at the rate at which one
// prompt in twenty misses the TTFT objective; 0 if the GPU's speed is unknown, or if
// decoding is the tighter limit.
//
// The replica computes prompts one after the other: a queue with one server and service
// times S = tokens / P. By Pollaczek and Khinchine, a prompt waits W = ρ·d·S /
// (2·(1−ρ)) on average, where ρ is the share of time in which the replica computes
// prompts, and d the dispersion of their lengths. The waiting times are assumed to be
// exponential, so the share ρ·exp(−2·(1−ρ)·w / (d·S)) of prompts waits longer than w.
// The longest allowed wait is the objective minus S, and at least S: if computing the
// prompt takes most of the objective, fewer requests do not help.
func byTTFT(s Speed, o Objectives) int {
	read := s.prompt(o.lengths(), float64(o.InputTokens))
	if read <= 0 {
		return 0
	}
	requests := requestsAt(busiest(read, o), read, s, o)
	if math.IsInf(requests, 1) {
		return 0
	}
	return max(1, whole(requests))
}

// busiest returns the largest share of time for prompts, each of which takes read
// seconds, at which at most lateShare of them wait too long.
func busiest(read float64, o Objectives) float64 {
	wait := math.Max(o.TTFTMilliseconds/1000-read, read)
	return largest(1, func(rho float64) bool { return rho*math.Exp(-2*(1-rho)*wait/(promptDispersion*read)) < lateShare })
}

// requestsAt returns the mean number of requests of a replica that computes prompts for
// the share rho of its time, each for read seconds. By Little's law, it is the sum of
// decoding requests, with the time per token at that number, and of requests whose
// prompts wait or are computed. It is +Inf if the replica cannot decode as fast as
// prompts arrive; then decoding is the limit.
func requestsAt(rho, read float64, s Speed, o Objectives) float64 {
	requests := rho / read // a second
	decoding := s.SequencesAt(requests*float64(o.OutputTokens), o.lengths())
	waiting := rho * promptDispersion * read / (2 * (1 - rho))
	return decoding + requests*(read+waiting)
}

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
