package page

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/vllm-eks/vllm-eks/components/monitoring/dashboards"
	"github.com/vllm-eks/vllm-eks/local/watch/prometheus"
)

// Size of a drawing in units of its paths. A browser stretches it to the size of the panel.
const (
	drawingWidth  = 1000.0
	drawingHeight = 200.0
)

// line is a series of a chart.
type line struct {
	name      string
	class     string
	reference bool
	series    prometheus.Series
}

// shape is a path of a drawing.
type shape struct{ Class, Path, Name string }

// drawing places values of a window in a drawing.
type drawing struct {
	window prometheus.Window
	axis   axis
}

func (d drawing) x(seconds float64) float64 {
	start := unix(d.window.Start)
	return drawingWidth * (seconds - start) / (unix(d.window.End) - start)
}

func (d drawing) y(value float64) float64 { return drawingHeight * d.axis.place(value) }

// curve returns the path of a series, with a gap where values are missing.
func (d drawing) curve(points []prometheus.Point) string {
	var path strings.Builder
	for _, run := range prometheus.Runs(points, d.window) {
		for i, p := range run {
			fmt.Fprintf(&path, "%s%.1f %.1f", command(i), d.x(p.Seconds), d.y(p.Value))
		}
		if len(run) == 1 {
			path.WriteString("h0.1") // a dot
		}
	}
	return path.String()
}

// band returns the path of an area between two series with the same times.
func (d drawing) band(bottom, top []prometheus.Point) string {
	var path strings.Builder
	begin := 0
	for _, run := range prometheus.Runs(top, d.window) {
		for i, p := range run {
			fmt.Fprintf(&path, "%s%.1f %.1f", command(i), d.x(p.Seconds), d.y(p.Value))
		}
		for i := begin + len(run) - 1; i >= begin; i-- {
			fmt.Fprintf(&path, "L%.1f %.1f", d.x(bottom[i].Seconds), d.y(bottom[i].Value))
		}
		path.WriteString("Z")
		begin += len(run)
	}
	return path.String()
}

// grid returns the path of the lines of both axes.
func (d drawing) grid() string {
	var path strings.Builder
	for i := range d.axis.intervals + 1 {
		fmt.Fprintf(&path, "M0 %.1fH%.0f", drawingHeight*float64(i)/float64(d.axis.intervals), drawingWidth)
	}
	for i := range timeIntervals + 1 {
		fmt.Fprintf(&path, "M%.1f 0V%.0f", drawingWidth*float64(i)/timeIntervals, drawingHeight)
	}
	return path.String()
}

// command returns the command of a path for a point of a curve.
func command(i int) string {
	if i == 0 {
		return "M"
	}
	return "L"
}

// unix returns a time in seconds since 1970.
func unix(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

// stack returns the lower and the upper end of each series on top of those before it.
func stack(lines []line) (bottoms, tops [][]prometheus.Point) {
	sum := map[float64]float64{}
	for _, l := range lines {
		var bottom, top []prometheus.Point
		for _, p := range l.series.Points {
			bottom = append(bottom, prometheus.Point{Seconds: p.Seconds, Value: sum[p.Seconds]})
			sum[p.Seconds] += p.Value
			top = append(top, prometheus.Point{Seconds: p.Seconds, Value: sum[p.Seconds]})
		}
		bottoms, tops = append(bottoms, bottom), append(tops, top)
	}
	return bottoms, tops
}

// extent returns the smallest and the largest value, and whether every value is whole.
func extent(curves ...[]prometheus.Point) (low, high float64, whole bool) {
	low, high, whole = math.Inf(1), math.Inf(-1), true
	for _, curve := range curves {
		for _, p := range curve {
			low, high = min(low, p.Value), max(high, p.Value)
			whole = whole && p.Value == math.Trunc(p.Value)
		}
	}
	return low, high, whole
}

// draw returns the axis and the shapes of a chart with at least one value.
func draw(p Panel, lines []line, w prometheus.Window) (axis, []shape) {
	var curves, bottoms, tops [][]prometheus.Point
	for _, l := range lines {
		curves = append(curves, l.series.Points)
	}
	if p.Stacked {
		bottoms, tops = stack(lines)
		curves = tops
	}
	low, high, whole := extent(curves...)
	low, high = bounds(p.Unit, low, high, p.Stacked)
	d := drawing{window: w, axis: newAxis(low, high, whole && p.Unit != dashboards.Share)}
	shapes := []shape{{Class: "grid", Path: d.grid()}}
	for i, l := range lines {
		if p.Stacked {
			shapes = append(shapes, shape{Class: "area " + l.class, Path: d.band(bottoms[i], tops[i]), Name: l.name})
		}
		shapes = append(shapes, shape{Class: "line " + l.class, Path: d.curve(curves[i]), Name: l.name})
	}
	return d.axis, shapes
}
