package page

import (
	"fmt"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/vllm-eks/vllm-eks/components/monitoring/dashboards"
)

func TestFormat(t *testing.T) {
	tests := []struct {
		unit  dashboards.Unit
		value float64
		want  string
	}{
		{dashboards.Count, 0, "0"},
		{dashboards.Count, 12, "12"},
		{dashboards.Count, 50736, "50.7 k"},
		{dashboards.Count, -1234567, "-1.23 M"},
		{dashboards.Count, .001234, "0.00123"},
		{dashboards.Code, 50736, "50736"},
		{dashboards.Share, 1, "100 %"},
		{dashboards.Share, .98234, "98.2 %"},
		{dashboards.Share, .0012345, "0.12 %"},
		{dashboards.Seconds, .0312, "31.2 ms"},
		{dashboards.Seconds, 1.257, "1.26 s"},
		{dashboards.Seconds, 1234, "1234 s"},
		{dashboards.Seconds, 0, "0 s"},
		{dashboards.TokensPerSecond, 12345, "12.3 k tok/s"},
		{dashboards.RequestsPerSecond, 4.25, "4.25 req/s"},
		{dashboards.USD, 3.018, "$3.02"},
		{dashboards.USD, .01234, "$0.0123"},
		{dashboards.USD, -2, "-$2.00"},
		{dashboards.Celsius, 61, "61 °C"},
		{dashboards.Watts, 1400, "1.4 k W"},
		{"furlong", 2, "2 furlong"},
	}
	for _, test := range tests {
		if got := Format(test.unit, test.value); got != test.want {
			t.Errorf("%v %s is %q, want %q", test.value, test.unit, got, test.want)
		}
	}
}

func TestAxis(t *testing.T) {
	tests := []struct {
		low, high float64
		whole     bool
		unit      dashboards.Unit
		want      string
	}{
		{0, 0, true, dashboards.Count, "[1 0]"},
		{3, 3, true, dashboards.Count, "[3 2 1 0]"},
		{.2, .98, false, dashboards.Share, "[100 % 80 % 60 % 40 % 20 % 0 %]"},
		{.93, 1, false, dashboards.Share, "[100 % 95 % 90 % 85 % 80 %]"},
		{1, 1, false, dashboards.Share, "[100 % 95 % 90 % 85 % 80 %]"},
		{0, .03, false, dashboards.Seconds, "[30 ms 20 ms 10 ms 0 s]"},
		{-1, 1, false, dashboards.Count, "[1 0.5 0 -0.5 -1]"},
	}
	for _, test := range tests {
		low, high := bounds(test.unit, test.low, test.high, false)
		if got := fmt.Sprint(newAxis(low, high, test.whole).labels(test.unit)); got != test.want {
			t.Errorf("the axis from %v to %v is %s, want %s", test.low, test.high, got, test.want)
		}
	}
}

// TestAxisHasEveryValue checks any values: they and 0 have a place on an axis of a few steps.
func TestAxisHasEveryValue(t *testing.T) {
	value := rapid.Float64Range(-1e300, 1e300)
	rapid.Check(t, func(t *rapid.T) {
		low, high := value.Draw(t, "low"), value.Draw(t, "high")
		low, high = min(low, high), max(low, high)
		if high != 0 && math.Abs(high) < 1e-300 || low != 0 && math.Abs(low) < 1e-300 {
			t.Skip("no measured value is as small")
		}
		from, to := bounds(dashboards.Count, low, high, false)
		a := newAxis(from, to, rapid.Bool().Draw(t, "whole"))
		if a.intervals < 1 || a.intervals > 7 {
			t.Fatalf("the axis from %v to %v has %d steps", low, high, a.intervals)
		}
		for _, v := range []float64{low, high, 0} {
			if place := a.place(v); !(place >= -1e-6 && place <= 1+1e-6) {
				t.Fatalf("%v is at %v of the axis %+v", v, place, a)
			}
		}
	})
}

func TestTimes(t *testing.T) {
	w := hour
	w.End = w.End.In(time.FixedZone("CET", 3600))
	if got := fmt.Sprint(times(w)); got != "[14:00 14:15 14:30 14:45 15:00]" {
		t.Errorf("the times are %s, want those of the zone of the end", got)
	}
}
