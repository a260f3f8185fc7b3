package main

import (
	"math"

	"github.com/vllm-eks/vllm-eks/sizing"
)

// burstTail is the time for the last answers of a burst of conversations, in waves of requests: they
// are longer and run with few others. Fitted like the constants of sizing.Speed.
const burstTail = 1.55

// predict returns the output tokens a second of all replicas and the time per
// output token of one request in milliseconds.
func (c configured) predict(e sizing.Engine) (tokensPerSecond, millisecondsPerToken float64) {
	speed := e.Speed()
	replicas := float64(c.replicas)
	capacity := c.capacity(e)
	offered := c.load.value / replicas
	running := math.Min(offered, capacity)
	if c.load.kind == "rate" {
		running = math.Min(speed.SequencesAt(offered*c.lengths.Output, c.lengths), capacity)
	}
	running = math.Max(running, 1)
	rate := speed.Rate(running, c.lengths)
	switch c.load.kind {
	case "rate":
		rate = math.Min(rate, offered*c.lengths.Output)
	case "burst":
		rate *= c.load.busy(offered / running)
	}
	return rate * math.Min(replicas, math.Max(c.load.value, 1)), 1000 * speed.TimePerToken(running, c.lengths)
}

// busy returns the share of the full rate over a burst of so many waves.
func (l load) busy(waves float64) float64 {
	switch {
	case waves <= 1:
		return 1
	case !l.fixed:
		return waves / (waves + burstTail)
	case waves < 3:
		return waves / math.Ceil(waves)
	}
	return 1
}

// capacity returns the number of requests that one replica runs at once: limited by the cache with
// typical requests, and by max_num_seqs.
func (c configured) capacity(e sizing.Engine) float64 {
	o := sizing.Objectives{InputTokens: int(c.lengths.Input), OutputTokens: int(c.lengths.Output)}
	s := sizing.Serve(e, sizing.Fit(e), o, 0, 0)
	if s.ByKV == 0 { // it ran, so something fits
		return float64(s.BySequences)
	}
	return float64(min(s.ByKV, s.BySequences))
}
