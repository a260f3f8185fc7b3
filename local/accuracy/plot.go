package main

import (
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/vllm-eks/vllm-eks/sizing"
)

// colours of the verdicts.
var colours = map[sizing.Verdict]color.Color{
	sizing.Fits:       color.RGBA{R: 0x1b, G: 0x7a, B: 0x3d, A: 0xff},
	sizing.Marginal:   color.RGBA{R: 0xd9, G: 0x8a, B: 0x00, A: 0xff},
	sizing.DoesNotFit: color.RGBA{R: 0xb0, G: 0x1e, B: 0x1e, A: 0xff},
}

// plot draws the predicted cache of one GPU against the measured one.
func (s score) plot(file string) error {
	p := plot.New()
	p.Title.Text = "KV cache of one GPU, in GiB"
	p.X.Label.Text, p.Y.Label.Text = "measured", "predicted"
	p.Add(plotter.NewGrid())
	for _, verdict := range []sizing.Verdict{sizing.Fits, sizing.Marginal, sizing.DoesNotFit} {
		var points plotter.XYs
		for _, one := range s.predictions {
			if one.hasKV() && one.memory.Verdict == verdict {
				points = append(points, plotter.XY{X: one.inGiB(), Y: one.predicted()})
			}
		}
		if len(points) == 0 {
			continue
		}
		scatter, err := plotter.NewScatter(points)
		if err != nil {
			return err
		}
		scatter.GlyphStyle = draw.GlyphStyle{Color: colours[verdict], Radius: vg.Points(3), Shape: draw.CircleGlyph{}}
		p.Add(scatter)
		p.Legend.Add(string(verdict), scatter)
	}
	same := plotter.NewFunction(func(x float64) float64 { return x })
	same.Color = color.Gray{Y: 0x80}
	p.Add(same)
	p.Legend.Add("predicted = measured", same)
	p.Legend.Top, p.Legend.Left = true, true
	p.Legend.Padding = vg.Points(3)
	return p.Save(16*vg.Centimeter, 14*vg.Centimeter, file)
}
