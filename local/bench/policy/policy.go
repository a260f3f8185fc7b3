// Package policy holds the compared scaling policies of vLLM: their signals, targets and rates of
// change. The default is read from the ScaledObject that VLLMService renders; the others stand
// here, each with its source.
package policy

import "time"

// Signal is a sum over the replicas of a service.
type Signal string

// The signals.
const (
	Requests Signal = "requests" // running and waiting
	Running  Signal = "running"
	Waiting  Signal = "waiting"
	KV       Signal = "kv" // use of the KV cache, 1 a replica
)

// Signals holds all signals.
var Signals = []Signal{Requests, Running, Waiting, KV}

// Trigger requests the number of replicas that brings the signal of each to the target.
type Trigger struct {
	Name   string
	Signal Signal
	Target float64 // of a replica
}

// Rules limit how fast the number of replicas changes in one direction.
type Rules struct {
	// Window is the time for which the recommendation must last.
	Window time.Duration
	// Percent and Pods limit the change in one Period; the larger counts. 0 is none.
	Percent, Pods int
	Period        time.Duration
}

// Policy is one scaling policy.
type Policy struct {
	Name string
	// Triggers each recommend a number of replicas; the largest counts. Without any the number is
	// fixed.
	Triggers []Trigger
	Up, Down Rules
	// Fallback is the minimum of replicas while metrics are missing; 0 is none: the number stays.
	Fallback int
	// Static selects the fixed number of a policy without triggers.
	Static Static
}

// Static is a choice of a fixed number.
type Static string

// The fixed numbers.
const (
	Mean Static = "mean" // what the mean load needs, known in advance
	Max  Static = "max"  // the upper bound
)

// Kubernetes' own behaviour of a HorizontalPodAutoscaler that states none
// (k8s.io/kubernetes/pkg/apis/autoscaling/v2/defaults.go).
var (
	defaultUp   = Rules{Percent: 100, Pods: 4, Period: 15 * time.Second}
	defaultDown = Rules{Window: 300 * time.Second, Percent: 100, Period: 15 * time.Second}
)

// Names of the default policy and of the usual one.
const (
	Default = "vllm-eks-default"
	Usual   = "waiting-10"
)

// Others returns the policies that people run today, and two fixed numbers.
func Others() []Policy {
	policies := []Policy{
		// The usual HPA on vllm:num_requests_waiting.
		{Name: Usual, Triggers: []Trigger{{"queue", Waiting, 10}}},
		// The operator of vLLM's production stack.
		{Name: "running-5", Triggers: []Trigger{{"running", Running, 5}}},
		// llm-d's rule, with its fallback.
		{Name: "queue-1-running-16", Triggers: []Trigger{{"queue", Waiting, 1}, {"running", Running, 16}}, Fallback: 2},
		// AIBrix' example.
		{Name: "kv-half", Triggers: []Trigger{{"kv-cache", KV, 0.5}}},
		// Google's guide for GKE.
		{Name: "queue-5", Triggers: []Trigger{{"queue", Waiting, 5}}},
	}
	for i := range policies {
		policies[i].Up, policies[i].Down = defaultUp, defaultDown
	}
	return append(policies, Policy{Name: "static-mean", Static: Mean}, Policy{Name: "static-max", Static: Max})
}

// Faster returns the policy with every interval divided, for an environment with scaled time.
func (p Policy) Faster(factor int) Policy {
	for _, r := range []*Rules{&p.Up, &p.Down} {
		r.Window /= time.Duration(factor)
		r.Period /= time.Duration(factor)
	}
	return p
}
