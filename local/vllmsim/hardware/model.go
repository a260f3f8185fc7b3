package hardware

import (
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
)

// fallback is the shape of a model that is not in the catalogue. If its name has a number
// of billions ("…-13b-…"), the dense model nearest to it is used instead, because the
// simulator needs a shape. Sizing itself guesses nothing.
const fallback = "meta-llama/Llama-3.1-8B"

var dense = []string{
	"Qwen/Qwen2.5-0.5B-Instruct", "meta-llama/Llama-3.2-1B-Instruct", "meta-llama/Llama-3.2-3B-Instruct",
	fallback, "Qwen/Qwen2.5-14B-Instruct", "Qwen/Qwen2.5-32B-Instruct", "meta-llama/Llama-3.3-70B-Instruct",
}

var billions = regexp.MustCompile(`(?i)(?:^|[^a-z0-9.])(\d+(?:\.\d+)?)b(?:$|[^a-z0-9])`)

// FindModel returns the shape of a model by its id, and whether the catalogue
// has it.
func FindModel(id string) (shape catalogue.Shape, found bool) {
	if s, ok := catalogue.FindShape(id); ok {
		return s, true
	}
	return guess(strings.ToLower(id)).WithQuantization(id), false
}

func guess(id string) catalogue.Shape {
	best, _ := catalogue.FindShape(fallback)
	match := billions.FindStringSubmatch(id)
	if match == nil {
		return best
	}
	n, err := strconv.ParseFloat(match[1], 64)
	if err != nil || n <= 0 {
		return best
	}
	parameters := n * 1e9
	distance := func(s catalogue.Shape) float64 { return math.Abs(math.Log(s.Weights.Total() / parameters)) }
	for _, name := range dense {
		if s, ok := catalogue.FindShape(name); ok && distance(s) < distance(best) {
			best = s
		}
	}
	return best.Stretched(parameters)
}
