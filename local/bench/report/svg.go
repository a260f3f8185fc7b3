package report

import (
	"bytes"
	"fmt"
	"html/template"
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Colours that can be told apart on a white and on a black page, also by most who
// do not see red or green. The page sets the colour of text.
var (
	blue   = color.RGBA{R: 0x2f, G: 0x7d, B: 0xd1, A: 0xff}
	orange = color.RGBA{R: 0xe6, G: 0x7e, B: 0x00, A: 0xff}
	green  = color.RGBA{R: 0x1f, G: 0x9d, B: 0x63, A: 0xff}
	pink   = color.RGBA{R: 0xcf, G: 0x5f, B: 0xa8, A: 0xff}
	teal   = color.RGBA{R: 0x17, G: 0xa2, B: 0xb8, A: 0xff}
	red    = color.RGBA{R: 0xd6, G: 0x45, B: 0x41, A: 0xff}
	violet = color.RGBA{R: 0x8a, G: 0x6f, B: 0xd8, A: 0xff}
	olive  = color.RGBA{R: 0xa3, G: 0x8a, B: 0x1f, A: 0xff}
	grey   = color.RGBA{R: 0x8c, G: 0x8c, B: 0x8c, A: 0xff}
	faint  = color.NRGBA{R: 0x8c, G: 0x8c, B: 0x8c, A: 0x40}
)

// policyColour is of the policy at a place of the order.
func policyColour(i int) color.Color {
	colours := []color.Color{blue, orange, green, pink, teal, red, violet, olive}
	return colours[i%len(colours)]
}

// hex is how HTML writes a colour.
func hex(c color.Color) string {
	r, g, b, _ := c.RGBA()
	return fmt.Sprintf("#%02x%02x%02x", r>>8, g>>8, b>>8)
}

// sans is the font whose widths are as those of the page's, near enough.
const sans = "Sans"

// newPlot is without a background, in the size of text of the page.
func newPlot() *plot.Plot {
	p := plot.New()
	p.BackgroundColor = nil
	p.Title.TextStyle.Font.Variant = sans
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Color, axis.Tick.Color = grey, grey
		axis.Padding = 0
		axis.Tick.Length = vg.Points(3)
		axis.Tick.Label.Font.Variant, axis.Label.TextStyle.Font.Variant = sans, sans
		axis.Tick.Label.Font.Size, axis.Label.TextStyle.Font.Size = font.Length(8), font.Length(9)
	}
	return p
}

// inline is a drawing as an element of a page, which scales it to its width.
func inline(canvas *vgsvg.Canvas, label string) (template.HTML, error) {
	var b bytes.Buffer
	if _, err := canvas.WriteTo(&b); err != nil {
		return "", err
	}
	_, after, _ := bytes.Cut(b.Bytes(), []byte("<svg"))
	_, body, found := bytes.Cut(after, []byte(">"))
	if !found {
		return "", fmt.Errorf("the plot %q is not SVG", label)
	}
	w, h := canvas.Size()
	open := fmt.Sprintf(`<svg viewBox="0 0 %g %g" role="img" aria-label="%s">`, w.Points(), h.Points(), template.HTMLEscapeString(label))
	return template.HTML(open + string(body)), nil
}
