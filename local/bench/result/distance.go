package result

import (
	"cmp"
	"fmt"
	"slices"

	"gonum.org/v1/gonum/interp"
)

// Point is one schedule of the frontier after the engine model ran it.
type Point struct {
	Cap      float64 // of the schedule
	GPUHours float64
	SLO      float64 // share of offered requests that kept it, 0 to 1
}

// Gap is how far a policy is from the frontier.
type Gap struct {
	// Percent is by how many percent more GPU-hours it took than the frontier
	// does for the same attainment. It counts only where Outside is "".
	Percent float64
	// AtLeast tells that it may be more: the attainment is less than that of the
	// frontier's cheapest point, which is what Percent compares with.
	AtLeast bool `json:",omitempty"`
	// Outside says why there is nothing to compare with.
	Outside string
}

// Distance interpolates the frontier between its points.
func Distance(s Summary, points []Point) Gap {
	best := undominated(points)
	if len(best) == 0 {
		return Gap{Outside: "there is no frontier"}
	}
	low, high := best[0].SLO, best[len(best)-1].SLO
	switch {
	case s.Attained < low && s.GPUHours >= best[0].GPUHours && best[0].GPUHours > 0:
		return Gap{Percent: 100 * (s.GPUHours/best[0].GPUHours - 1), AtLeast: true}
	case s.Attained < low:
		return Gap{Outside: fmt.Sprintf("beyond its cheap end, whose point attains %.1f %%", 100*low)}
	case s.Attained > high:
		return Gap{Outside: fmt.Sprintf("beyond its best end, whose point attains %.1f %%", 100*high)}
	}
	hours := hoursAt(best, s.Attained)
	if hours <= 0 {
		return Gap{Outside: "the frontier takes no GPU-hours there"}
	}
	return Gap{Percent: 100 * (s.GPUHours/hours - 1)}
}

// hoursAt are the frontier's at an attainment that is within it.
func hoursAt(best []Point, attained float64) float64 {
	if len(best) == 1 {
		return best[0].GPUHours
	}
	slos, hours := make([]float64, len(best)), make([]float64, len(best))
	for i, p := range best {
		slos[i], hours[i] = p.SLO, p.GPUHours
	}
	var line interp.PiecewiseLinear
	if line.Fit(slos, hours) != nil {
		return 0 // never: it refuses only what undominated does not give
	}
	return line.Predict(attained)
}

// undominated are the points of which none attains as much for less, cheapest
// first: both numbers rise.
func undominated(points []Point) []Point {
	sorted := slices.SortedFunc(slices.Values(points), func(a, b Point) int {
		return cmp.Or(cmp.Compare(a.GPUHours, b.GPUHours), cmp.Compare(b.SLO, a.SLO))
	})
	var best []Point
	for _, p := range sorted {
		if len(best) == 0 || p.SLO > best[len(best)-1].SLO {
			best = append(best, p)
		}
	}
	return best
}

// CapFor is the cap of the cheapest point that attains the target, or of the one
// that attains most where none does; false without points.
func CapFor(points []Point, target float64) (float64, bool) {
	best := undominated(points)
	for _, p := range best {
		if p.SLO >= target {
			return p.Cap, true
		}
	}
	if len(best) == 0 {
		return 0, false
	}
	return best[len(best)-1].Cap, true
}
