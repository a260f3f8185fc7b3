package load

import (
	"math"
	"math/rand/v2"
	"sort"
)

// quantiles holds points of a distribution of lengths: share is the part of all that has tokens or
// fewer. Lengths are spread evenly between two points.
type quantiles []struct {
	share  float64
	tokens float64
}

// draw returns a random length.
func (q quantiles) draw(random *rand.Rand) int {
	u := random.Float64()
	i := min(max(1, sort.Search(len(q), func(i int) bool { return q[i].share >= u })), len(q)-1)
	low, high := q[i-1], q[i]
	part := (u - low.share) / (high.share - low.share)
	return max(1, int(math.Round(low.tokens+part*(high.tokens-low.tokens))))
}

// lengths holds the distributions of prompts and answers, which do not correlate in the traces.
type lengths struct {
	input, output quantiles
	inputFactor   float64
}

func (l lengths) draw(random *rand.Rand) (input, output int) {
	return int(math.Round(float64(l.input.draw(random)) * l.inputFactor)), l.output.draw(random)
}

// Quantiles of Azure's traces of 2023. The median, the 95th and the 99th percentile are from the
// traces. The others give the means of the traces, 1155 and 211 tokens of conversation and 2048
// and 28 of code, and the two peaks of the answers of conversation, at 85 to 130 and at 395 to 450
// tokens.
var (
	conversationInput = quantiles{
		{0, 8}, {0.10, 80}, {0.25, 360}, {0.50, 1020}, {0.75, 1475}, {0.90, 2150}, {0.95, 4083}, {0.99, 4142}, {1, 4160},
	}
	conversationOutput = quantiles{
		{0, 8}, {0.10, 60}, {0.25, 88}, {0.50, 129}, {0.62, 170}, {0.72, 385}, {0.90, 436}, {0.95, 451}, {0.99, 601}, {1, 900},
	}
	codeInput = quantiles{
		{0, 30}, {0.10, 210}, {0.25, 620}, {0.50, 1469}, {0.75, 2450}, {0.90, 4900}, {0.95, 7303}, {0.99, 7436}, {1, 7440},
	}
	codeOutput = quantiles{
		{0, 4}, {0.25, 8}, {0.50, 13}, {0.75, 24}, {0.90, 57}, {0.95, 90}, {0.99, 251}, {1, 400},
	}
)

func lengthsOf(k Kind) lengths {
	switch k {
	case Code:
		return lengths{input: codeInput, output: codeOutput, inputFactor: 1}
	case LongPrompts:
		return lengths{input: conversationInput, output: conversationOutput, inputFactor: promptFactor}
	default:
		return lengths{input: conversationInput, output: conversationOutput, inputFactor: 1}
	}
}
