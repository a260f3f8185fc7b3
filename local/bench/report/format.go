package report

import (
	"fmt"
	"math"
	"strings"

	"github.com/vllm-eks/vllm-eks/local/bench/result"
)

// none is what a cell shows that has no value.
const none = "–"

func percent(share float64) string { return fmt.Sprintf("%.1f", 100*share) }

// percentRange is of an interval of shares; signed where it is of a difference.
func percentRange(i result.Interval) string {
	return fmt.Sprintf("%.1f to %.1f", 100*i.Low, 100*i.High)
}

func hours(h float64) string { return fmt.Sprintf("%.2f", h) }

func hoursRange(i result.Interval) string { return fmt.Sprintf("%.2f to %.2f", i.Low, i.High) }

// signed is a difference; none of it has no sign.
func signed(v float64, digits int) string {
	text := fmt.Sprintf("%+.*f", digits, v)
	if strings.Trim(text, "+-0.") == "" {
		return text[1:]
	}
	return strings.Replace(text, "-", "−", 1)
}

// shortly is seconds with as many digits as matter.
func shortly(seconds float64) string {
	switch {
	case seconds >= 100:
		return fmt.Sprintf("%.0f", seconds)
	case seconds >= 10:
		return fmt.Sprintf("%.1f", seconds)
	}
	return fmt.Sprintf("%.2f", seconds)
}

func milliseconds(seconds float64) string { return fmt.Sprintf("%.0f", 1000*seconds) }

// counted is a mean over seeds of whole numbers.
func counted(v float64) string {
	if v == math.Trunc(v) {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.1f", v)
}

func orNone(v *float64, format func(float64) string) string {
	if v == nil {
		return none
	}
	return format(*v)
}

// gap is the distance from the frontier in a cell.
func gap(g result.Gap) string {
	if g.Outside != "" {
		before, _, _ := strings.Cut(g.Outside, ",")
		return before
	}
	if g.AtLeast {
		return "≥ " + signed(g.Percent, 0) + " %"
	}
	return signed(g.Percent, 0) + " %"
}
