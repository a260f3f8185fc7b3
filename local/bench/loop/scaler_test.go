package loop

import (
	"math"
	"testing"
	"time"

	"github.com/vllm-eks/vllm-eks/local/bench/policy"
)

// poll is one sync of an autoscaler: the value of the signal and the replicas that it decides on.
type poll struct {
	seconds int
	value   float64
	want    int
}

var missing = math.NaN()

// The arithmetic of Kubernetes' autoscaler, by hand.
func TestScaler(t *testing.T) {
	up := policy.Rules{Percent: 100, Pods: 4, Period: 15 * time.Second}
	slow := policy.Rules{Window: 60 * time.Second, Percent: 25, Pods: 1, Period: 60 * time.Second}
	for _, c := range []struct {
		name  string
		down  policy.Rules
		start int
		polls []poll
	}{
		{"within a tenth of the target nothing changes", slow, 2, []poll{{0, 18.1, 2}, {15, 21.9, 2}, {30, 22.1, 3}}},
		{"up by four, and by 100 % from five on, in 15 s", slow, 1, []poll{{0, 500, 5}, {15, 500, 10}, {30, 500, 20}}},
		{"never above the bounds", slow, 19, []poll{{0, 500, 20}}},
		{"down only when low for the window", slow, 4, []poll{{0, 40, 4}, {15, 1, 4}, {45, 1, 4}, {60, 1, 3}}},
		{"the first number holds for the window; then down by 25 % a period", slow, 10, []poll{{0, 1, 10}, {45, 1, 10}, {60, 1, 7}, {75, 1, 7}, {120, 1, 5}}},
		{"down by one if 25 % is less", slow, 3, []poll{{0, 1, 3}, {60, 1, 2}, {75, 1, 2}, {120, 1, 1}, {180, 1, 1}}},
		{"a peak within the window holds", slow, 4, []poll{{0, 1, 4}, {15, 40, 4}, {60, 1, 4}, {75, 1, 3}}},
		{"without metrics it stays", slow, 4, []poll{{0, missing, 4}, {600, missing, 4}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := &scaler{policy: policy.Policy{Triggers: []policy.Trigger{{Name: "load", Signal: policy.Requests, Target: 10}}, Up: up, Down: c.down}, min: 1, max: 20}
			desired := c.start
			for _, p := range c.polls {
				desired = s.decide(time.Duration(p.seconds)*time.Second, desired, desired, map[policy.Signal]float64{policy.Requests: p.value})
				if desired != p.want {
					t.Fatalf("after %d s: %d replicas, want %d", p.seconds, desired, p.want)
				}
			}
		})
	}
}

// The largest recommendation of several triggers counts. A trigger without metrics lets the others
// add replicas, but not remove any.
func TestTriggers(t *testing.T) {
	s := &scaler{
		policy: policy.Policy{
			Triggers: []policy.Trigger{{Name: "load", Signal: policy.Requests, Target: 10}, {Name: "queue", Signal: policy.Waiting, Target: 2}},
			Up:       policy.Rules{Percent: 100, Pods: 4, Period: 15 * time.Second}, Down: policy.Rules{Percent: 100, Period: 15 * time.Second},
		}, min: 1, max: 20,
	}
	present := []int{2, 6, 7, 7}
	for i, c := range []struct {
		requests, waiting float64
		want              int
	}{{10, 12, 6}, {missing, 14, 7}, {missing, 2, 7}, {30, 2, 3}} {
		if got := s.decide(time.Duration(i)*time.Minute, present[i], present[i], map[policy.Signal]float64{policy.Requests: c.requests, policy.Waiting: c.waiting}); got != c.want {
			t.Errorf("%v requests, %v waiting: %d replicas, want %d", c.requests, c.waiting, got, c.want)
		}
	}
}
