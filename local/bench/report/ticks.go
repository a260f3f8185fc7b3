package report

import (
	"math"
	"strconv"

	"gonum.org/v1/plot"
)

// round marks round numbers, at most so many and one.
type round int

// Ticks implements plot.Ticker.
func (most round) Ticks(minimum, maximum float64) []plot.Tick {
	least := (maximum - minimum) / float64(most)
	unit := math.Pow(10, math.Floor(math.Log10(least)))
	for _, times := range []float64{1, 2, 5, 10} {
		if times*unit >= least {
			unit *= times
			break
		}
	}
	var ticks []plot.Tick
	for i := math.Ceil(minimum / unit); i*unit <= maximum; i++ {
		ticks = append(ticks, plot.Tick{Value: i * unit, Label: strconv.FormatFloat(i*unit, 'g', 4, 64)})
	}
	return ticks
}

// decades marks the powers of ten.
type decades struct{}

// Ticks implements plot.Ticker.
func (decades) Ticks(minimum, maximum float64) []plot.Tick {
	var ticks []plot.Tick
	for exponent := math.Floor(math.Log10(minimum)); math.Pow(10, exponent) <= maximum; exponent++ {
		value := math.Pow(10, exponent) // the first may be below, which plot leaves out
		ticks = append(ticks, plot.Tick{Value: value, Label: strconv.FormatFloat(value, 'f', -1, 64)})
	}
	return ticks
}

// unlabelled marks what another does, without labels.
type unlabelled struct{ plot.Ticker }

// Ticks implements plot.Ticker. A label of a space keeps a mark a long one.
func (u unlabelled) Ticks(minimum, maximum float64) []plot.Tick {
	ticks := u.Ticker.Ticks(minimum, maximum)
	for i := range ticks {
		if ticks[i].Label != "" {
			ticks[i].Label = " "
		}
	}
	return ticks
}
