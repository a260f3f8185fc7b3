package chart

import "k8s.io/apimachinery/pkg/util/validation/field"

// Spec is the configuration of a chart: a pointer to the spec of its component.
type Spec interface {
	// Options returns the fields that the stack sets.
	Options() Options
	// Complete sets every field that has a default.
	Complete()
	// Releases returns the installed charts with their namespaces, which no other
	// component may use; none if nothing is installed.
	Releases() []Release
	// Validate returns every problem of a spec that has its defaults, each beginning
	// with its key under path.
	Validate(path *field.Path) field.ErrorList
}

// Plain is the spec of a chart that needs only the cluster from the stack.
// components/charts registers it.
type Plain interface {
	Spec
	// Component returns the type token of its component, such as vllm-eks:keda:KEDA. It
	// is part of the state of stacks and never changes.
	Component() string
}

// Options holds pointers to the fields of a spec that depend on the rest of the stack.
type Options struct {
	// Install installs the chart. The stack sets it if the user does not.
	Install *bool
	// Chosen reports that the chart is installed only if the user says so; otherwise it is
	// installed on every created cluster.
	Chosen bool
	// ServiceMonitor enables ServiceMonitors with Labels, so that Prometheus' operator
	// scrapes the chart's pods. Nil if the chart has no metrics.
	ServiceMonitor *bool
	Labels         *map[string]string
	// Role reports whether the pods have an AWS role, which requires the cluster's name
	// and region.
	Role bool
}
