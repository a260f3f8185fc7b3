package measure

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// Summary holds the median and the 90th percentile of absolute values.
type Summary struct {
	Rows        int
	Median, P90 float64
}

// Summarize returns the summary of values, NaN without any.
func Summarize(values []float64) Summary {
	sorted := make([]float64, len(values))
	for i, v := range values {
		sorted[i] = math.Abs(v)
	}
	slices.Sort(sorted)
	if len(sorted) == 0 {
		return Summary{Median: math.NaN(), P90: math.NaN()}
	}
	return Summary{len(sorted), stat.Quantile(0.5, stat.Empirical, sorted, nil), stat.Quantile(0.9, stat.Empirical, sorted, nil)}
}

// Percent returns a part of a whole in percent, NaN of nothing.
func Percent(part, whole int) float64 {
	if whole == 0 {
		return math.NaN()
	}
	return 100 * float64(part) / float64(whole)
}

// Unpredicted is a row without a prediction, and the reason.
type Unpredicted struct{ ID, Reason string }
