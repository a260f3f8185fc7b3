package result

import (
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/vllm-eks/vllm-eks/internal/load"
)

// arrivals returns requests, so many in each bin of 15 s.
func arrivals(counts ...int) []load.Outcome {
	var requests []load.Outcome
	for bin, n := range counts {
		for i := range n {
			requests = append(requests, load.Outcome{At: time.Duration(bin)*rateBin + time.Duration(i)*time.Millisecond})
		}
	}
	return requests
}

func TestSchedule(t *testing.T) {
	// 1, 1, 1, 1, 1, 1, 4 and 1 requests/s; 75 s of look-ahead are five bins more.
	requests := arrivals(15, 15, 15, 15, 15, 15, 60, 15)
	requests = append(requests, arrivals(0, 0, 0, 0, 0, 0, 0, 0, 900)...) // after the load
	for _, c := range []struct {
		name             string
		cold             time.Duration
		minimum, maximum int
		perReplica       float64
		want             []Step
	}{
		{"75 s ahead", 15 * second, 1, 10, 1, []Step{{0, 1}, {15 * second, 4}, {105 * second, 1}}},
		{"60 s ahead", 0, 1, 10, 1, []Step{{0, 1}, {30 * second, 4}, {105 * second, 1}}},
		{"rounds up", 0, 1, 10, 1.5, []Step{{0, 1}, {30 * second, 3}, {105 * second, 1}}},
		{"bounds", 0, 2, 3, 1, []Step{{0, 2}, {30 * second, 3}, {105 * second, 2}}},
		{"constant", 0, 5, 5, 1, []Step{{0, 5}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Schedule(requests, 120*second, c.cold, c.minimum, c.maximum, c.perReplica); !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
	if got, want := rates(arrivals(15, 15), 20*second), []float64{1, 3}; !reflect.DeepEqual(got, want) {
		t.Errorf("rates with a short last bin: got %v, want %v", got, want)
	}
}

func TestDistance(t *testing.T) {
	points := []Point{{20, .99}, {10, .95}, {12, .90}, {5, .75}} // the third one is dominated
	for _, c := range []struct {
		name            string
		attained, hours float64
		points          []Point
		want            Gap
	}{
		{"at a point", .95, 15, points, Gap{Percent: 50}},
		{"between", .97, 18, points, Gap{Percent: 20}}, // the frontier uses 15 there
		{"cheaper than the frontier", .85, 6, points, Gap{Percent: -20}},
		{"at the end", .99, 20, points, Gap{}},
		{"below", .70, 4, points, Gap{Outside: "beyond its cheap end"}},
		{"below, and more expensive", .70, 6, points, Gap{Percent: 20, AtLeast: true}},
		{"above", .995, 40, points, Gap{Outside: "beyond its best end"}},
		{"one point", .9, 11, []Point{{10, .9}}, Gap{Percent: 10}},
		{"no point", .9, 11, nil, Gap{Outside: "no frontier"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := Distance(Point{GPUHours: c.hours, Attained: c.attained}, c.points)
			if got.Percent = math.Round(1e6*got.Percent) / 1e6; got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}
