package load

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// Outcome holds the result of one request. Times count from the start of the run.
type Outcome struct {
	At    time.Duration // when it was sent
	Input int           // tokens of its prompt, as requested
	// Output is the number of tokens that it requests. If the server lets the model end its answer,
	// it is the number of tokens that came.
	Output int
	// First and Last are when its first and its last token came; both 0 without a token.
	First, Last time.Duration
	Tokens      int // that came
	// PromptTokens is the length of the prompt that the server counted; 0 if it does not say.
	PromptTokens int `json:",omitempty"`
	// Failure says why the answer is not whole; "" for a whole answer.
	Failure string
	// Kind groups failures, such as "HTTP 429"; "" for a whole answer.
	Kind string `json:",omitempty"`
	// Late is the delay of the load generator.
	Late time.Duration
}

// Whole reports whether every token came.
func (o Outcome) Whole() bool { return o.Failure == "" && o.Tokens >= o.Output }

// Started reports whether a part of the answer came. Tokens does not say so: a server may state
// the number of tokens at the end only.
func (o Outcome) Started() bool { return o.First > 0 }

// TTFT returns the time to the first token, with the time in queues.
func (o Outcome) TTFT() time.Duration { return o.First - o.At }

// TPOT returns the time per output token after the first; 0 without a second token.
func (o Outcome) TPOT() time.Duration {
	if o.Tokens < 2 {
		return 0
	}
	return (o.Last - o.First) / time.Duration(o.Tokens-1)
}

// Meets reports whether the answer is whole and within both limits.
func (o Outcome) Meets(ttft, tpot time.Duration) bool {
	return o.Whole() && o.TTFT() <= ttft && o.TPOT() <= tpot
}

// MaxLateness is the limit of the 99th percentile of the generator's delays: a fortieth of the
// TTFT limit of the benchmark. A run beyond it measures the machine, not the service.
const MaxLateness = 50 * time.Millisecond

// Percentile returns the empirical percentile: the smallest measured value that a share of all
// values does not exceed. It is 0 without values.
func Percentile[N cmp.Ordered](share float64, values []N) (value N) {
	if len(values) == 0 {
		return value
	}
	sorted := slices.Sorted(slices.Values(values))
	i := int(math.Ceil(share*float64(len(sorted)))) - 1
	return sorted[min(max(i, 0), len(sorted)-1)]
}
