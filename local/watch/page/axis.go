package page

import (
	"math"
	"time"

	"github.com/vllm-eks/vllm-eks/components/monitoring/dashboards"
	"github.com/vllm-eks/vllm-eks/local/watch/prometheus"
)

// axis is the vertical axis of a chart.
type axis struct {
	low, step float64
	// intervals is the number of steps from the lowest to the highest value.
	intervals int
}

// highShare is where the axis of shares begins that are never less.
const highShare = .8

// bounds returns the ends of the axis of values from low to high, which has 0. Shares close to
// 100 % are easier to compare without 0.
func bounds(unit dashboards.Unit, low, high float64, stacked bool) (float64, float64) {
	switch {
	case unit == dashboards.Share && low >= highShare && !stacked:
		return highShare, max(high, 1)
	case low == 0 && high == 0:
		return 0, 1
	}
	return min(low, 0), max(high, 0)
}

// newAxis returns an axis from low to high. Its steps are 1, 2 or 5 times a power of ten, and
// whole for whole values.
func newAxis(low, high float64, whole bool) axis {
	const wanted, tolerance = 5, 1e-9 // steps; of the division
	raw := high/wanted - low/wanted
	power := math.Pow(10, math.Floor(math.Log10(raw)))
	step := 10 * power
	for _, factor := range []float64{5, 2, 1} {
		if raw <= factor*power*(1+tolerance) {
			step = factor * power
		}
	}
	if whole {
		step = max(step, 1)
	}
	first, last := math.Floor(low/step+tolerance), math.Ceil(high/step-tolerance)
	return axis{low: first * step, step: step, intervals: max(int(last-first), 1)}
}

// place returns the height of a value, from 0 at the top to 1 at the bottom.
func (a axis) place(value float64) float64 {
	return 1 - (value-a.low)/(a.step*float64(a.intervals))
}

// labels returns the labels of the axis from the top to the bottom.
func (a axis) labels(unit dashboards.Unit) []string {
	var labels []string
	for i := a.intervals; i >= 0; i-- {
		labels = append(labels, Format(unit, a.low+float64(i)*a.step))
	}
	return labels
}

// timeIntervals is the number of intervals of the horizontal axis.
const timeIntervals = 4

// times returns the labels of the horizontal axis.
func times(w prometheus.Window) []string {
	var labels []string
	for i := range timeIntervals + 1 {
		labels = append(labels, w.Start.Add(w.End.Sub(w.Start)*time.Duration(i)/timeIntervals).In(w.End.Location()).Format("15:04"))
	}
	return labels
}
