package report

import (
	"html/template"
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/vllm-eks/vllm-eks/local/bench/result"
)

// mark is a policy with the bars of its intervals, in percent and GPU-hours.
type mark struct {
	plotter.XYs
	plotter.XErrors
	plotter.YErrors
}

func markOf(r row) mark {
	misses := 100 * (1 - r.Attained.Estimate)
	m := mark{XYs: plotter.XYs{{X: r.GPUHours.Estimate, Y: misses}}, XErrors: make(plotter.XErrors, 1), YErrors: make(plotter.YErrors, 1)}
	if r.Compared {
		m.XErrors[0].Low, m.XErrors[0].High = r.GPUHours.Low-r.GPUHours.Estimate, r.GPUHours.High-r.GPUHours.Estimate
		m.YErrors[0].Low, m.YErrors[0].High = 100*(1-r.Attained.High)-misses, 100*(1-r.Attained.Low)-misses
	}
	return m
}

// add draws a policy; the shape is for those who cannot tell colours apart.
func (m mark) add(p *plot.Plot, legend *plot.Legend, name string, colour color.Color, shape draw.GlyphDrawer) error {
	x, err := plotter.NewXErrorBars(m)
	if err != nil {
		return err
	}
	y, err := plotter.NewYErrorBars(m)
	if err != nil {
		return err
	}
	x.Color, y.Color, x.Width, y.Width, x.CapWidth, y.CapWidth = colour, colour, 1, 1, 4, 4
	dot, err := plotter.NewScatter(m.XYs)
	if err != nil {
		return err
	}
	dot.GlyphStyle = draw.GlyphStyle{Color: colour, Radius: 4, Shape: shape}
	p.Add(x, y, dot)
	legend.Add(name, dot)
	return nil
}

// shapeOf is that of the policy at a place of the order.
func shapeOf(i int) draw.GlyphDrawer {
	shapes := []draw.GlyphDrawer{draw.CircleGlyph{}, draw.BoxGlyph{}, draw.PyramidGlyph{}, draw.RingGlyph{}, draw.SquareGlyph{}, draw.TriangleGlyph{}}
	return shapes[i%len(shapes)]
}

// addFrontier draws the clairvoyant's points, joined in order of their caps.
func addFrontier(p *plot.Plot, legend *plot.Legend, points []result.Point) error {
	if len(points) == 0 {
		return nil
	}
	xys := make(plotter.XYs, len(points))
	for i, at := range points {
		xys[i] = plotter.XY{X: at.GPUHours, Y: 100 * (1 - at.SLO)}
	}
	line, dots, err := plotter.NewLinePoints(xys)
	if err != nil {
		return err
	}
	line.Color, line.Width = grey, 1.2
	dots.GlyphStyle = draw.GlyphStyle{Color: grey, Radius: 2, Shape: draw.CircleGlyph{}}
	p.Add(line, dots)
	legend.Add(frontierName, line, dots)
	return nil
}

// plotWidth leaves the legend a place of its own, where it covers nothing.
const (
	plotWidth    = 370
	frontierName = "clairvoyant frontier"
)

// scatter draws what was missed against what it cost.
func (r Report) scatter(c result.Comparison, rows []row) (template.HTML, error) {
	p := newPlot()
	p.X.Label.Text, p.Y.Label.Text = "GPU-hours of a run", "requests that missed the SLO, %"
	p.X.Padding, p.Y.Padding = 6, 6
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = faint, faint
	p.Add(grid)
	legend := plot.NewLegend()
	legend.Top, legend.Left, legend.Padding = true, true, vg.Points(4)
	legend.TextStyle.Font.Size, legend.TextStyle.Font.Variant = font.Length(8.5), sans
	if err := addFrontier(p, &legend, r.meanPoints(c)); err != nil {
		return "", err
	}
	for i, policy := range r.policies() {
		for _, row := range rows {
			if row.Policy != policy {
				continue
			}
			if err := markOf(row).add(p, &legend, policy, policyColour(i), shapeOf(i)); err != nil {
				return "", err
			}
		}
	}
	p.X.Tick.Marker, p.Y.Tick.Marker = round(8), round(6)
	p.Y.Min = 0
	p.Y.Max = max(1.05*p.Y.Max, 1) // a percent, so that no noise fills the plot
	p.X.Min, p.X.Max = p.X.Min-.03*(p.X.Max-p.X.Min), p.X.Max+.03*(p.X.Max-p.X.Min)
	names := legend.ThumbnailWidth
	for _, name := range append(r.policies(), frontierName) {
		names = max(names, legend.ThumbnailWidth+legend.TextStyle.Width(name))
	}
	canvas := vgsvg.New(plotWidth+1.2*names, 250) // the page's font may be wider
	area := draw.New(canvas)
	p.Draw(draw.Crop(area, 2, plotWidth-area.Max.X, 2, -6))
	legend.Draw(draw.Crop(area, plotWidth+10, 0, 0, -10))
	return inline(canvas, "SLO misses against GPU-hours under "+c.Load)
}
