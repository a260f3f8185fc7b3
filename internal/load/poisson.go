package load

import (
	"math"
	"math/rand/v2"
)

// largeMean is the mean from which counting gaps takes longer than rejection.
const largeMean = 10

// poisson returns a random number of arrivals with a mean.
func poisson(random *rand.Rand, mean float64) int {
	if mean >= largeMean {
		return rejected(random, mean)
	}
	n := 0
	for sum := random.ExpFloat64(); sum < mean; sum += random.ExpFloat64() {
		n++
	}
	return n
}

// rejected returns a random number of arrivals with a large mean, by the algorithm PTRS of W.
// Hörmann, "The transformed rejection method for generating Poisson random variables", 1993, whose
// constants these are.
func rejected(random *rand.Rand, mean float64) int {
	scale := 0.931 + 2.53*math.Sqrt(mean)
	skew := -0.059 + 0.02483*scale
	inverse, quick := 1.1239+1.1328/(scale-3.4), 0.9277-3.6224/(scale-2)
	logarithm := math.Log(mean)
	for {
		u := random.Float64() - 0.5
		v := random.Float64()
		edge := 0.5 - math.Abs(u)
		n := math.Floor((2*skew/edge+scale)*u + mean + 0.43)
		if edge >= 0.07 && v <= quick {
			return int(n)
		}
		if n <= 0 || edge < 0.013 && v > edge {
			continue
		}
		factorial, _ := math.Lgamma(n + 1)
		if math.Log(v*inverse/(skew/(edge*edge)+scale)) <= n*logarithm-mean-factorial {
			return int(n)
		}
	}
}
