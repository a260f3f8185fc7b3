package sizing

import "math"

const (
	// promptDispersion is the mean square of the lengths of prompts over the
	// square of their mean, in Azure's conversation trace of 2023 (half of them
	// are up to 1020 tokens long, 95 % up to 4083, and 1155 in the mean); it is 1.9
	// in its code trace.
	promptDispersion = 1.8
	// lateShare is the share of prompts that may wait for too long.
	lateShare = 0.05
)

// byTTFT is how many requests one replica has, in the mean, at the rate at which
// one prompt in twenty waits so long to be read that its first token is late; 0
// where the card's speed is not known, and where decoding is the bound.
//
// Prompts are read one after the other: a queue with one server and service
// times S = tokens / P. By Pollaczek and Khinchine it keeps a prompt waiting for
// W = ρ·d·S / (2·(1−ρ)) in the mean, where ρ is the share of time in which
// prompts are read and d the dispersion of their lengths. The times of those
// that wait are taken as exponential, so that a share of ρ·exp(−2·(1−ρ)·w / (d·S))
// waits longer than w. What may be waited for is the objective less S, and S at
// least: where reading alone takes most of the objective, fewer requests would
// not help.
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

// busiest returns the share of time that prompts may take, each for so long,
// until too many wait too long.
func busiest(read float64, o Objectives) float64 {
	wait := math.Max(o.TTFTMilliseconds/1000-read, read)
	return largest(1, func(rho float64) bool { return rho*math.Exp(-2*(1-rho)*wait/(promptDispersion*read)) < lateShare })
}

// requestsAt is the mean number of requests of a replica that reads prompts for
// the share rho of its time, each for so long: by Little's law those that
// decode, with the time per token of as many, and those whose prompts are read
// or wait for it. Where it cannot decode as fast as the prompts come, that is
// the bound, and there are any number.
func requestsAt(rho, read float64, s Speed, o Objectives) float64 {
	requests := rho / read // a second
	decoding := s.SequencesAt(requests*float64(o.OutputTokens), o.lengths())
	waiting := rho * promptDispersion * read / (2 * (1 - rho))
	return decoding + requests*(read+waiting)
}
