package view

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	// unknown stands for a number that is not known.
	unknown = "–"
	// labelWidth and cellWidth are numbers of columns.
	labelWidth = 14
	cellWidth  = 17
)

// text returns the line of a row. Cells begin in the same columns in every row if they fit.
func (r row) text() string {
	line := "  " + pad(r.label, labelWidth-2)
	for i, cell := range r.cells {
		if i < len(r.cells)-1 {
			cell = pad(cell, cellWidth)
		}
		line += cell
	}
	return line
}

// pad returns a text with spaces up to a width, and at least one.
func pad(text string, width int) string {
	return text + strings.Repeat(" ", max(1, width-utf8.RuneCountInString(text)))
}

// count returns a whole number with separators of thousands.
func count(n number) string {
	if !n.known {
		return unknown
	}
	return thousands(n.value, 0)
}

// perSecond returns a rate: whole from 100 on, else with one decimal.
func perSecond(n number) string {
	if !n.known {
		return unknown
	}
	decimals := 0
	if math.Abs(n.value) < 100 && n.value != 0 {
		decimals = 1
	}
	return thousands(n.value, decimals) + "/s"
}

// share returns a share of 1 in percent.
func share(n number) string {
	if !n.known {
		return unknown
	}
	return strconv.FormatFloat(100*n.value, 'f', 1, 64) + "%"
}

// seconds returns a duration in milliseconds below one second, else in seconds.
func seconds(n number) string {
	switch {
	case !n.known:
		return unknown
	case n.value < 1:
		return thousands(1000*n.value, 0) + "ms"
	case n.value < 10:
		return thousands(n.value, 1) + "s"
	}
	return thousands(n.value, 0) + "s"
}

// money returns an amount with two decimals.
func money(n number) string {
	if !n.known {
		return unknown
	}
	return thousands(n.value, 2)
}

// thousands returns a number with separators of thousands.
func thousands(value float64, decimals int) string {
	text := strconv.FormatFloat(math.Abs(value), 'f', decimals, 64)
	whole, fraction, _ := strings.Cut(text, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if fraction != "" {
		whole += "." + fraction
	}
	if value < 0 {
		return "-" + whole
	}
	return whole
}
