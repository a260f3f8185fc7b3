// Package charts registers the Helm charts that need nothing of the stack beside the
// cluster. Each is declared in a package of spec.
package charts

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/chart"
	"github.com/vllm-eks/vllm-eks/internal/problems"
	"github.com/vllm-eks/vllm-eks/internal/release"
)

// Args are the inputs of New.
type Args struct {
	// Spec declares the component and its charts. New sets its defaults. Required.
	Spec chart.Plain
	// DependsOn is what must be there before, and goes after: the nodes, and
	// Prometheus' operator if it scrapes what is installed. Default: nothing.
	DependsOn []pulumi.Resource
}

// New registers the charts of a spec, or nothing if none is to be installed. Errors
// name the key of the spec that is wrong, under name. Objects of a chart's kinds that
// wait for the component are deleted before it, which removes their finalizers.
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
