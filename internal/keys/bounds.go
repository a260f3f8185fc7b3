package keys

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Range holds the bounds of a number.
type Range struct {
	// Min and Max are the bounds; nil for no bound.
	Min, Max *float64
	// Above reports that Min itself is outside of the range.
	Above bool
}

// parseRange reads a range such as 1..3600, 0.., ..9 or >0..1.
func parseRange(text string) (*Range, error) {
	wrong := fmt.Errorf(`has range:%q, want one such as "1..3600", "0..", "..9" or ">0..1"`, text)
	low, high, ok := strings.Cut(text, "..")
	if !ok || low == "" && high == "" {
		return nil, wrong
	}
	r := &Range{}
	low, r.Above = strings.CutPrefix(low, ">")
	for _, bound := range []struct {
		text  string
		limit **float64
	}{{low, &r.Min}, {high, &r.Max}} {
		if bound.text == "" {
			continue
		}
		x, err := strconv.ParseFloat(bound.text, 64)
		if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
			return nil, wrong
		}
		*bound.limit = &x
	}
	bounded := r.Min != nil && r.Max != nil
	if r.Above && r.Min == nil || bounded && (*r.Min > *r.Max || r.Above && *r.Min == *r.Max) {
		return nil, wrong
	}
	return r, nil
}

// Contains reports whether a number is in the range. Without a range, it returns true.
func (r *Range) Contains(x float64) bool {
	switch {
	case r == nil:
		return true
	case r.Min != nil && (x < *r.Min || r.Above && x == *r.Min):
		return false
	}
	return r.Max == nil || x <= *r.Max
}

// whole returns the accepted whole numbers in words, such as "1 to 3600".
func (r *Range) whole() string {
	switch {
	case r.Min == nil:
		return "at most " + number(*r.Max)
	case r.Max == nil && r.Above:
		return "more than " + number(*r.Min)
	case r.Max == nil:
		return "at least " + number(*r.Min)
	case r.Above:
		return "more than " + number(*r.Min) + " and at most " + number(*r.Max)
	}
	return number(*r.Min) + " to " + number(*r.Max)
}

// real returns the accepted numbers in words, such as "a number above 0".
func (r *Range) real() string {
	switch {
	case r == nil:
		return "a number"
	case r.Min == nil:
		return "a number of at most " + number(*r.Max)
	case r.Above && r.Max == nil:
		return "a number above " + number(*r.Min)
	case r.Above:
		return "a number above " + number(*r.Min) + " and at most " + number(*r.Max)
	case r.Max == nil:
		return "a number of at least " + number(*r.Min)
	}
	return "a number from " + number(*r.Min) + " to " + number(*r.Max)
}

// String returns the range in the form of the reference, such as "1 to 3600".
func (r *Range) String() string {
	if r == nil {
		return ""
	}
	return r.whole()
}

func number(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }
