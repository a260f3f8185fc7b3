package loop

import (
	"math"
	"time"

	"github.com/vllm-eks/vllm-eks/local/bench/policy"
)

// tolerance is the share of the target by which a HorizontalPodAutoscaler lets the load differ
// (--horizontal-pod-autoscaler-tolerance).
const tolerance = 0.1

// scaler is the arithmetic of KEDA's metrics adapter and Kubernetes' HorizontalPodAutoscaler
// (pkg/controller/podautoscaler/horizontal.go and replica_calculator.go of v1.35): external
// metrics with AverageValue.
type scaler struct {
	policy          policy.Policy
	min, max        int
	recommendations []recommendation // within the longer of the windows
	changes         []change
}

type recommendation struct {
	time     time.Duration
	replicas int
}

type change struct {
	time     time.Duration
	replicas int // above 0: added
}

// decide returns the next number of replicas. Pods is the number of pods that do not leave; a
// missing signal is NaN.
func (s *scaler) decide(now time.Duration, desired, pods int, signals map[policy.Signal]float64) int {
	if s.recommendations == nil { // the number at the first sync counts as a recommendation
		s.recommendations = append(s.recommendations, recommendation{now, desired})
	}
	replicas, ok := s.recommend(desired, pods, signals)
	if !ok {
		return desired
	}
	next := s.limit(now, desired, s.stabilize(now, desired, replicas))
	if next != desired {
		s.changes = append(s.changes, change{now, next - desired})
	}
	return next
}

// recommend returns the largest recommendation of a trigger. A missing signal rules out fewer
// replicas.
func (s *scaler) recommend(desired, pods int, signals map[policy.Signal]float64) (int, bool) {
	highest, missing := 0, false
	for _, t := range s.policy.Triggers {
		value := signals[t.Signal]
		if math.IsNaN(value) {
			missing = true
			continue
		}
		replicas := pods
		if ratio := value / (t.Target * float64(pods)); pods == 0 || math.Abs(ratio-1) > tolerance {
			replicas = int(math.Ceil(value / t.Target))
		}
		highest = max(highest, replicas)
	}
	if missing && highest < desired {
		return 0, false
	}
	return min(max(highest, s.min), s.max), true
}

// stabilize returns the recommendation that lasted for the windows.
func (s *scaler) stabilize(now time.Duration, desired, replicas int) int {
	s.recommendations = append(s.recommendations, recommendation{now, replicas})
	up, down := replicas, replicas
	kept := s.recommendations[:0]
	for _, r := range s.recommendations {
		if now-r.time < s.policy.Up.Window {
			up = min(up, r.replicas)
		}
		if now-r.time < s.policy.Down.Window {
			down = max(down, r.replicas)
		}
		if now-r.time < max(s.policy.Up.Window, s.policy.Down.Window) {
			kept = append(kept, r)
		}
	}
	s.recommendations = kept
	return min(max(desired, up), down)
}

// limit returns the number that the rules allow.
func (s *scaler) limit(now time.Duration, desired, replicas int) int {
	switch {
	case replicas > desired:
		start, up := desired-s.changed(now, s.policy.Up.Period), s.policy.Up
		byPercent := int(math.Ceil(float64(start) * (1 + float64(up.Percent)/100)))
		return min(replicas, max(byPercent, start+up.Pods, desired))
	case replicas < desired:
		start, down := desired-s.changed(now, s.policy.Down.Period), s.policy.Down
		byPercent := int(float64(start) * (1 - float64(down.Percent)/100))
		return max(replicas, min(byPercent, start-down.Pods, desired))
	}
	return replicas
}

// changed returns the net change within the last period.
func (s *scaler) changed(now, period time.Duration) int {
	net := 0
	for _, c := range s.changes {
		if now-c.time < period {
			net += c.replicas
		}
	}
	return net
}
