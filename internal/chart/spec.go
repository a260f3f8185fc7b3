package chart

import "k8s.io/apimachinery/pkg/util/validation/field"

// Spec is the configuration of a chart: a pointer to the spec of its component.
type Spec interface {
	// Options returns the fields that the stack completes.
	Options() Options
	// Complete sets every field that has a default.
	Complete()
	// Namespaces returns the namespaces that the component creates. No other component
	// may create them. The list is empty if the chart is not installed.
	Namespaces() []string
	// Validate returns every problem of a completed spec. Each problem begins with its
	// key under path.
	Validate(path *field.Path) field.ErrorList
}

// Options holds pointers to the fields of a spec that depend on the rest of the stack.
type Options struct {
	// Install installs the chart. The stack sets it if the user does not.
	Install *bool
	// ServiceMonitor enables ServiceMonitors with Labels, so that Prometheus' operator
	// scrapes the chart's pods. Nil if the chart has no metrics.
	ServiceMonitor *bool
	Labels         *map[string]string
	// Role reports whether the pods have an AWS role, which requires the cluster's name
	// and region.
	Role bool
}
