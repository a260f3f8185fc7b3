package result

import (
	"math"
	"reflect"
	"strings"
	"testing"
	"time"
)

// arrivals are so many in each bin of 15 s.
func arrivals(counts ...int) []Request {
	var requests []Request
	for bin, n := range counts {
		for i := range n {
			requests = append(requests, Request{At: time.Duration(bin)*rateBin + time.Duration(i)*time.Millisecond})
		}
	}
	return requests
}

func TestFrontier(t *testing.T) {
	// 1, 1, 1, 1, 1, 1, 4 and 1 requests/s; 75 s of look-ahead are five bins more.
	requests := arrivals(15, 15, 15, 15, 15, 15, 60, 15)
	requests = append(requests, arrivals(0, 0, 0, 0, 0, 0, 0, 0, 900)...) // after the load
	for _, c := range []struct {
		name             string
		cold             time.Duration
		minimum, maximum int
		perEngine        float64
		want             []Step
		gpuSeconds       float64
	}{
		{"75 s ahead", 15 * second, 1, 10, 1, []Step{{0, 1}, {15 * second, 4}, {105 * second, 1}}, 15 + 4*90 + 15},
		{"60 s ahead", 0, 1, 10, 1, []Step{{0, 1}, {30 * second, 4}, {105 * second, 1}}, 30 + 4*75 + 15},
		{"rounds up", 0, 1, 10, 1.5, []Step{{0, 1}, {30 * second, 3}, {105 * second, 1}}, 30 + 3*75 + 15},
		{"bounds", 0, 2, 3, 1, []Step{{0, 2}, {30 * second, 3}, {105 * second, 2}}, 60 + 3*75 + 30},
		{"constant", 0, 5, 5, 1, []Step{{0, 5}}, 600},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := Frontier(requests, 120*second, c.cold, c.minimum, c.maximum, []float64{c.perEngine})[0]
			if got.Cap != c.perEngine || !reflect.DeepEqual(got.Steps, c.want) {
				t.Errorf("got %v, want %v", got.Steps, c.want)
			}
			if seconds := 3600 * got.GPUHours(120*second); math.Abs(seconds-c.gpuSeconds) > 1e-6 {
				t.Errorf("GPU-seconds %v, want %v", seconds, c.gpuSeconds)
			}
		})
	}
}

func TestRatesOfAShortLastBin(t *testing.T) {
	if got, want := rates(arrivals(15, 15), 20*second), []float64{1, 3}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestReplicas(t *testing.T) {
	s := Schedule{Steps: []Step{{0, 2}, {10 * second, 5}}}
	for at, want := range map[time.Duration]int{0: 2, 9 * second: 2, 10 * second: 5, time.Hour: 5} {
		if got := s.Replicas(at); got != want {
			t.Errorf("at %v: %d, want %d", at, got, want)
		}
	}
	if got := (Schedule{}).Replicas(0); got != 0 {
		t.Errorf("of an empty schedule: %d", got)
	}
}

// points of which the third is dominated: it costs more than the second and
// attains less.
var points = []Point{{1, 20, .99}, {2, 10, .95}, {3, 12, .90}, {4, 5, .75}}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		name            string
		attained, hours float64
		points          []Point
		percent         float64
		outside         string
		atLeast         bool
	}{
		{"at a point", .95, 15, points, 50, "", false},
		{"between", .97, 18, points, 20, "", false}, // the frontier takes 15 there
		{"cheaper than the frontier", .85, 6, points, -20, "", false},
		{"at the end", .99, 20, points, 0, "", false},
		{"below", .70, 4, points, 0, "beyond its cheap end, whose point attains 75.0 %", false},
		{"below, and dearer", .70, 6, points, 20, "", true},
		{"above", .995, 40, points, 0, "beyond its best end, whose point attains 99.0 %", false},
		{"one point", .9, 11, []Point{{1, 10, .9}}, 10, "", false},
		{"none", .9, 11, nil, 0, "no frontier", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := Distance(Summary{Attained: c.attained, GPUHours: c.hours}, c.points)
			if math.Abs(got.Percent-c.percent) > 1e-9 || !strings.Contains(got.Outside, c.outside) || (got.Outside == "") != (c.outside == "") || got.AtLeast != c.atLeast {
				t.Errorf("got %+v, want %v %% and %q", got, c.percent, c.outside)
			}
		})
	}
}

func TestCapFor(t *testing.T) {
	for _, c := range []struct {
		target float64
		want   float64
	}{{.9, 2}, {.95, 2}, {.96, 1}, {1, 1}, {.1, 4}} {
		if got, ok := CapFor(points, c.target); got != c.want || !ok {
			t.Errorf("%v: cap %v, want %v", c.target, got, c.want)
		}
	}
	if _, ok := CapFor(nil, .9); ok {
		t.Error("a cap without points")
	}
}
