// Package result is what a run of a scaling policy comes to, real or modelled,
// and what is computed from it.
package result

import "time"

// Request is what became of one arrival. Times are since the run began.
type Request struct {
	At     time.Duration // when it was sent
	Input  int           // tokens of its prompt
	Output int           // tokens that it asked for
	// First and Last are when its first and its last token came; both 0 where
	// none did.
	First, Last time.Duration
	Tokens      int // that came
	// Failure is why it was not answered in full; "" if it was.
	Failure string
	// Late is by how much later than it should have been it was sent.
	Late time.Duration
}

// Whole tells whether every token came.
func (r Request) Whole() bool { return r.Failure == "" && r.Tokens >= r.Output }

// TTFT is the time to the first token, queueing included.
func (r Request) TTFT() time.Duration { return r.First - r.At }

// TPOT is the time per output token after the first; 0 where there is no
// second.
func (r Request) TPOT() time.Duration {
	if r.Tokens < 2 {
		return 0
	}
	return (r.Last - r.First) / time.Duration(r.Tokens-1)
}

// SLO is what a good answer keeps.
type SLO struct{ TTFT, TPOT time.Duration }

// DefaultSLO is that of the comparison: people read no faster than 100 ms a
// token, and wait 2 s for the first.
var DefaultSLO = SLO{TTFT: 2 * time.Second, TPOT: 100 * time.Millisecond}

// Met tells whether a request kept it. One that was cut, refused or never
// answered did not.
func (s SLO) Met(r Request) bool {
	return r.Whole() && r.TTFT() <= s.TTFT && r.TPOT() <= s.TPOT
}

// Sample is the state of a service at one moment.
type Sample struct {
	At      time.Duration
	Wanted  int // engines that the scaler asks for
	Ready   int // engines that take requests
	Pods    int // pods that exist, loading and leaving ones too
	Running int // requests in engines
	Waiting int
	KV      float64 // use of the KV cache, summed over engines: 1 is one engine's
}

// Pod is the life of one engine.
type Pod struct {
	Created time.Duration
	Ready   time.Duration // 0 where it never was, or was before the run began
	Gone    time.Duration // the end of the run where it still is there
}

// Trial is one policy under one load.
type Trial struct {
	Policy string
	Load   string
	Seed   int64
	// Length is that of the load: what counts is what arrived, and what engines
	// there were, before it.
	Length   time.Duration
	Min, Max int // bounds of the number of engines
	// Requests are in order of arrival.
	Requests    []Request
	Samples     []Sample
	Pods        []Pod
	Preemptions int
	// Events are what Kubernetes and KEDA say of the scaler, in words.
	Events []string
	// Doubt is why the run may not count whatever its lateness; "" if nothing is.
	Doubt string `json:",omitempty"`
	// StepLateness is the 99th percentile of how much later than they should
	// have been engines' steps ended, in seconds; 0 in the model.
	StepLateness float64
}
