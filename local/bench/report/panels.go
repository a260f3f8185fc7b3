package report

import (
	"fmt"
	"html/template"
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// curve is one line of a panel.
type curve struct {
	name   string // in the legend; "" where the panel's title says it
	colour color.Color
	dashes []vg.Length
	width  vg.Length
	steps  bool // holds until the next value
	of     func(Series) Values
}

// panel is a plot over time of one quantity.
type panel struct {
	title  string
	log    bool // from lowest up
	curves []curve
}

// lowest is where the scale of a logarithmic panel begins, in its unit.
const lowest = 0.1

// panels are those of a run, from top to bottom.
func panels() []panel {
	one := func(colour color.Color, of func(Series) Values) []curve {
		return []curve{{colour: colour, width: 1, of: of}}
	}
	return []panel{
		{title: "Arrivals, requests/s", curves: one(grey, func(s Series) Values { return s.Arrivals })},
		{title: "Running requests", curves: one(blue, func(s Series) Values { return s.Running })},
		{title: "Waiting requests", curves: one(red, func(s Series) Values { return s.Waiting })},
		{title: "KV cache in use, caches of an engine", curves: one(violet, func(s Series) Values { return s.KV })},
		{title: "Engines", curves: []curve{
			{"needed by the clairvoyant", grey, nil, 2.5, true, func(s Series) Values { return s.Needed }},
			{"pods", pink, []vg.Length{1, 1.5}, 1, true, func(s Series) Values { return s.Pods }},
			{"ready", green, nil, 1.4, true, func(s Series) Values { return s.Ready }},
			{"wanted", orange, []vg.Length{4, 2}, 1.2, true, func(s Series) Values { return s.Wanted }},
		}},
		{title: "TTFT, 95th percentile, s (logarithmic)", log: true, curves: one(teal, func(s Series) Values { return s.TTFT95 })},
	}
}

// highest is the largest value of a panel over runs, which the plots of one load
// share as the end of their scale, so that they compare.
func (p panel) highest(runs []Run) float64 {
	most := 1.0
	if p.log {
		most = 10
	}
	for _, run := range runs {
		for _, c := range p.curves {
			for _, v := range c.of(run.Series) {
				if v > most { // not so of NaN
					most = v
				}
			}
		}
	}
	return most
}

// lines of a curve: one for each stretch of values, since NaN is a gap.
func (c curve) lines(s Series, log bool) ([]*plotter.Line, error) {
	var stretches []plotter.XYs
	open := false
	for i, v := range c.of(s) {
		if math.IsNaN(v) {
			open = false
			continue
		}
		if !open {
			stretches, open = append(stretches, nil), true
		}
		if log {
			v = max(v, lowest)
		}
		end := len(stretches) - 1
		stretches[end] = append(stretches[end], plotter.XY{X: float64(i) * s.StepSeconds / 60, Y: v})
	}
	var lines []*plotter.Line
	for _, points := range stretches {
		line, err := plotter.NewLine(points)
		if err != nil {
			return nil, err
		}
		line.Color, line.Width, line.Dashes = c.colour, c.width, c.dashes
		if c.steps {
			line.StepStyle = plotter.PostStep
		}
		lines = append(lines, line)
	}
	return lines, nil
}

// plot is of one run; peers are those that it shares its scale with.
func (p panel) plot(run Run, peers []Run, slo float64) (*plot.Plot, error) {
	of := newPlot()
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = faint, faint
	of.Add(grid)
	for _, c := range p.curves {
		lines, err := c.lines(run.Series, p.log)
		if err != nil {
			return nil, fmt.Errorf("%s of %s under %s: %w", p.title, run.Policy, run.Load, err)
		}
		for _, line := range lines {
			of.Add(line)
		}
	}
	of.X.Min, of.X.Max = 0, minutes(peers)
	of.Y.Min, of.Y.Max = 0, 1.05*p.highest(peers)
	of.X.Tick.Marker, of.Y.Tick.Marker = round(5), round(4)
	if p.log {
		of.Y.Min, of.Y.Scale, of.Y.Tick.Marker = lowest, plot.LogScale{}, decades{}
		limit := plotter.NewFunction(func(float64) float64 { return slo })
		limit.Color, limit.Dashes, limit.Samples = red, []vg.Length{2, 2}, 2
		of.Add(limit)
	}
	return of, nil
}

// minutes is the length of the longest run.
func minutes(runs []Run) float64 {
	most := 0.0
	for _, run := range runs {
		most = max(most, float64(len(run.Series.Arrivals))*run.Series.StepSeconds/60)
	}
	return most
}

// overTime draws the panels of a run, one above the other.
func overTime(run Run, peers []Run, slo float64) (template.HTML, error) {
	all := panels()
	rows := make([][]*plot.Plot, len(all))
	for i, p := range all {
		one, err := p.plot(run, peers, slo)
		if err != nil {
			return "", err
		}
		if i < len(all)-1 {
			one.X.Tick.Marker = unlabelled{one.X.Tick.Marker}
		} else {
			one.X.Label.Text = "minutes"
		}
		rows[i] = []*plot.Plot{one}
	}
	canvas := vgsvg.New(300, 480)
	tiles := draw.Tiles{Cols: 1, Rows: len(all), PadTop: 13, PadY: 17, PadRight: 8, PadLeft: 2, PadBottom: 2}
	style := rows[0][0].Title.TextStyle
	style.Font.Size, style.XAlign, style.YAlign = font.Length(8.5), draw.XLeft, draw.YBottom
	for i, row := range plot.Align(rows, tiles, draw.New(canvas)) {
		one, at := rows[i][0], row[0]
		one.Draw(at)
		at.FillText(style, vg.Point{X: one.DataCanvas(at).Min.X, Y: at.Max.Y + 3}, all[i].title)
	}
	return inline(canvas, fmt.Sprintf("%s under %s, seed %d, over time", run.Policy, run.Load, run.Seed))
}
