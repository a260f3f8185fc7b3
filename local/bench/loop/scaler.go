package loop

import (
	"math"
	"time"

	"github.com/vllm-eks/vllm-eks/local/bench/policy"
)

// tolerance is by how much of the target a HorizontalPodAutoscaler lets the
// load differ (--horizontal-pod-autoscaler-tolerance).
const tolerance = 0.1

// scaler is the arithmetic of KEDA's metrics adapter and Kubernetes'
// HorizontalPodAutoscaler (pkg/controller/podautoscaler/horizontal.go and
// replica_calculator.go of v1.35): external metrics with AverageValue.
type scaler struct {
	policy   policy.Policy
	min, max int
	wishes   []wish  // within the longer of the windows
	moves    []moved // within the longer of the periods
}

type wish struct {
	at      time.Duration
	engines int
}

type moved struct {
	at time.Duration
	by int // above 0: added
}

// decide is the number of engines from now on: wanted is the present one, pods
// are those that exist and do not leave. A signal that is not there is NaN.
func (s *scaler) decide(now time.Duration, wanted, pods int, signals map[policy.Signal]float64) int {
	if s.wishes == nil { // what it finds at its first look counts as a wish
		s.wishes = append(s.wishes, wish{at: now, engines: wanted})
	}
	wish, ok := s.wish(wanted, pods, signals)
	if !ok {
		return wanted
	}
	next := s.limit(now, wanted, s.stabilize(now, wanted, wish))
	if next != wanted {
		s.moves = append(s.moves, moved{at: now, by: next - wanted})
	}
	return next
}

// wish is the largest that a trigger wants. With one of them missing there is
// no wish for fewer.
func (s *scaler) wish(wanted, pods int, signals map[policy.Signal]float64) (int, bool) {
	most, missing := 0, false
	for _, t := range s.policy.Triggers {
		value := signals[t.Signal]
		if math.IsNaN(value) {
			missing = true
			continue
		}
		want := pods
		if ratio := value / (t.Target * float64(pods)); pods == 0 || math.Abs(ratio-1) > tolerance {
			want = int(math.Ceil(value / t.Target))
		}
		most = max(most, want)
	}
	if missing && most < wanted {
		return 0, false
	}
	return min(max(most, s.min), s.max), true
}

// stabilize is the wish that has lasted for the windows.
func (s *scaler) stabilize(now time.Duration, wanted, engines int) int {
	s.wishes = append(s.wishes, wish{at: now, engines: engines})
	up, down := engines, engines
	kept := s.wishes[:0]
	for _, w := range s.wishes {
		if now-w.at < s.policy.Up.Window {
			up = min(up, w.engines)
		}
		if now-w.at < s.policy.Down.Window {
			down = max(down, w.engines)
		}
		if now-w.at < max(s.policy.Up.Window, s.policy.Down.Window) {
			kept = append(kept, w)
		}
	}
	s.wishes = kept
	return min(max(wanted, up), down)
}

// limit is how far the rules let the number move at once.
func (s *scaler) limit(now time.Duration, wanted, engines int) int {
	switch {
	case engines > wanted:
		start := wanted - s.moved(now, s.policy.Up.Period)
		limit := max(percentUp(start, s.policy.Up.Percent), podsUp(start, s.policy.Up.Pods), wanted)
		return min(engines, limit)
	case engines < wanted:
		start := wanted - s.moved(now, s.policy.Down.Period)
		limit := start
		if s.policy.Down.Percent > 0 {
			limit = min(limit, int(float64(start)*(1-float64(s.policy.Down.Percent)/100)))
		}
		limit = min(limit, start-s.policy.Down.Pods, wanted)
		return max(engines, limit)
	}
	return engines
}

func percentUp(start, percent int) int {
	return int(math.Ceil(float64(start) * (1 + float64(percent)/100)))
}

func podsUp(start, pods int) int { return start + pods }

// moved is by how much the number changed within the last period, net.
func (s *scaler) moved(now, period time.Duration) int {
	net := 0
	for _, m := range s.moves {
		if now-m.at < period {
			net += m.by
		}
	}
	return net
}
