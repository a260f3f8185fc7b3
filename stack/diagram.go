package stack

import (
	"errors"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vllm-eks/vllm-eks/components/charts"
	"github.com/vllm-eks/vllm-eks/config"
)

// diagram holds a program that stops at its first error: the components after the
// error are empty, and register nothing.
type diagram struct {
	ctx *pulumi.Context
	err error
}

// waitable is a component for which other components can wait. Ready returns the
// resources that they wait for; the list is empty if nothing is registered. A component
// of several parts also has ReadyFor, which returns the resources of some parts.
type waitable[Component any] interface {
	*Component
	Ready() []pulumi.Resource
}

// constructor registers a component.
type constructor[Args, Component any] func(*pulumi.Context, string, Args, ...pulumi.ResourceOption) (*Component, error)

// component adds one component to the diagram.
func component[Args, Component any, _ waitable[Component]](d *diagram, register constructor[Args, Component], name string, args Args, opts ...pulumi.ResourceOption) *Component {
	if d.err != nil {
		return new(Component)
	}
	added, err := register(d.ctx, name, args, opts...)
	if err != nil {
		d.err = err
		return new(Component)
	}
	return added
}

// plainCharts adds a component for each chart that needs only the cluster, such as KEDA.
// It returns the resources that other components wait for.
func (d *diagram) plainCharts(list []config.PlainChart, dependsOn []pulumi.Resource, opts ...pulumi.ResourceOption) []pulumi.Resource {
	var ready []pulumi.Resource
	for _, c := range list {
		installed := component(d, charts.New, c.Key, charts.Args{Spec: c.Spec, DependsOn: dependsOn}, opts...)
		ready = append(ready, installed.Ready()...)
	}
	return ready
}

// join returns the resources of several lists.
func join(lists ...[]pulumi.Resource) []pulumi.Resource { return slices.Concat(lists...) }

// report shows the size and the cost of every model in the preview.
func report(ctx *pulumi.Context, size config.Size) error {
	var errs []error
	if table := size.Table(); table != "" {
		errs = append(errs, ctx.Log.Info("\n"+table, nil))
	}
	for _, warning := range size.Warnings() {
		errs = append(errs, ctx.Log.Warn(warning, nil))
	}
	return errors.Join(errs...)
}
