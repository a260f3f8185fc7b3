// Package charts registers the Helm charts that need only the cluster. A package of
// spec declares each chart.
package charts

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/chart"
	"github.com/vllm-eks/vllm-eks/internal/problems"
	"github.com/vllm-eks/vllm-eks/internal/release"
)

// Args holds the inputs of New.
type Args struct {
	// Spec declares the component and its charts. New sets its defaults. Required.
	Spec chart.Plain
	// DependsOn lists the resources that are created before the charts and deleted
	// after them: the nodes, and Prometheus' operator if it scrapes the charts.
	// Default: none.
	DependsOn []pulumi.Resource
}

// New registers the charts of a spec, or nothing if the spec installs none. Errors
// name the wrong key of the spec, under name. Pulumi deletes objects that wait for the
// component before it deletes the component, so that the chart's controller can
// remove their finalizers.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*release.Component, error) {
	spec := args.Spec
	if spec == nil {
		return nil, fmt.Errorf("%s: is missing; set Spec to that of a chart, such as *keda.Spec", name)
	}
	spec.Complete()
	if err := problems.Err(spec.Validate(field.NewPath(name))); err != nil {
		return nil, err
	}
	component := release.ComponentArgs{Type: spec.Component(), DependsOn: args.DependsOn}
	for _, r := range spec.Releases() {
		installed := release.Chart{Args: release.Args{Chart: r.Chart, Namespace: r.Namespace.Name, Values: r.Values}}
		if r.Key != "" {
			installed.Resource = name + "-" + r.Key
		}
		component.Namespaces = append(component.Namespaces, r.Namespaces()...)
		component.Charts = append(component.Charts, installed)
	}
	return release.NewComponent(ctx, name, component, opts...)
}
