package chart

import "k8s.io/apimachinery/pkg/util/validation/field"

// Spec is what a stack can be told of a chart: a pointer to the spec of its component.
type Spec interface {
	// Options returns what the stack completes.
	Options() Options
	// Complete sets every field that has a default.
	Complete()
	// Releases returns the charts that are installed, and their namespaces, which
	// nothing else may claim; none if nothing is installed.
	Releases() []Release
	// Validate returns every problem of a spec that has its defaults, each beginning
	// with its key under path.
	Validate(path *field.Path) field.ErrorList
}

// Plain is the spec of a chart that needs nothing of the stack beside the cluster:
// components/charts registers it.
type Plain interface {
	Spec
	// Component returns the type token of its component, such as vllm-eks:keda:KEDA. It
	// stands in the state of stacks and never changes.
	Component() string
}

// Options point to the fields of a spec that depend on the rest of the stack.
type Options struct {
	// Install installs the chart. The stack sets it where the user does not.
	Install *bool
	// ServiceMonitor has Prometheus' operator scrape what the chart installs, by
	// ServiceMonitors with Labels. Nil if there is nothing to scrape.
	ServiceMonitor *bool
	Labels         *map[string]string
	// Role reports whether the pods have a role of AWS, for which the cluster's name
	// and region have to be known.
	Role bool
}
