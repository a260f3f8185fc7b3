// Package policy holds the ways of scaling vLLM that are compared: what they
// look at, at which targets, and how fast they may move. Ours is read from the
// ScaledObject that VLLMService renders; the others are written down here, each
// with its source.
package policy

import "time"

// Signal is a number of a whole service: a sum over its engines.
type Signal string

// What services are scaled on.
const (
	Requests Signal = "requests" // running and waiting
	Running  Signal = "running"
	Waiting  Signal = "waiting"
	KV       Signal = "kv" // use of the KV cache, 1 an engine
)

// Trigger asks for as many engines as it takes for each to have the target's
// share of the signal.
type Trigger struct {
	Name   string
	Signal Signal
	Target float64 // an engine
}

// Rules are how fast the number of engines may move in one direction.
type Rules struct {
	// Window is how long the wish must have lasted.
	Window time.Duration
	// Percent and Pods are the most in one Period; the larger counts. 0 is none.
	Percent, Pods int
	Period        time.Duration
}

// Policy is one way of scaling.
type Policy struct {
	Name string
	// Source is where it is from, for the report.
	Source string
	// Triggers are what it looks at; the largest wish counts. Without any the
	// number is fixed.
	Triggers []Trigger
	Up, Down Rules
	// Fallback is the least number of engines while metrics are missing; 0 is
	// none: the number stays.
	Fallback int
	// Static is which fixed number it is, where there are no triggers.
	Static Static
}

// Static is how a fixed number is chosen.
type Static string

// Fixed numbers.
const (
	Mean Static = "mean" // what the mean load needs, known in advance
	Most Static = "most" // the upper bound
)

// Kubernetes' own behaviour of a HorizontalPodAutoscaler that states none
// (k8s.io/kubernetes/pkg/apis/autoscaling/v2/defaults.go).
var (
	defaultUp   = Rules{Percent: 100, Pods: 4, Period: 15 * time.Second}
	defaultDown = Rules{Window: 300 * time.Second, Percent: 100, Period: 15 * time.Second}
)

// Names of the policies that others are measured against.
const (
	Ours = "vllm-eks-default"
	Seed = "waiting-10"
)

// Others are what people run today, and two fixed numbers.
func Others() []Policy {
	others := []Policy{
		{
			Name: Seed, Source: "the usual HPA on vllm:num_requests_waiting, 10 an engine",
			Triggers: []Trigger{{"queue", Waiting, 10}},
		},
		{
			Name: "running-5", Source: "the operator of vLLM's production stack: running requests, 5 an engine",
			Triggers: []Trigger{{"running", Running, 5}},
		},
		{
			Name: "queue-1-running-16", Source: "llm-d's rule: the larger of waiting, 1 an engine, and running, 16 an engine; with its fallback",
			Triggers: []Trigger{{"queue", Waiting, 1}, {"running", Running, 16}}, Fallback: 2,
		},
		{
			Name: "kv-half", Source: "AIBrix' example: half of the KV cache",
			Triggers: []Trigger{{"kv-cache", KV, 0.5}},
		},
		{
			Name: "queue-5", Source: "Google's guide for GKE: waiting requests, 5 an engine",
			Triggers: []Trigger{{"queue", Waiting, 5}},
		},
	}
	for i := range others {
		others[i].Up, others[i].Down = defaultUp, defaultDown
	}
	return append(others,
		Policy{Name: "static-mean", Source: "a fixed number: what the mean load needs", Static: Mean},
		Policy{Name: "static-max", Source: "a fixed number: the upper bound", Static: Most},
	)
}

// Faster divides every interval, as for an environment whose time is scaled.
func (p Policy) Faster(by int) Policy {
	for _, r := range []*Rules{&p.Up, &p.Down} {
		r.Window /= time.Duration(by)
		r.Period /= time.Duration(by)
	}
	return p
}
