package stack

import (
	"errors"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vllm-eks/vllm-eks/components/charts"
	"github.com/vllm-eks/vllm-eks/config"
)

// diagram is a program that stops at its first error: the components after it are
// empty, and register nothing.
type diagram struct {
	ctx *pulumi.Context
	err error
}

// waitable is a component of the diagram: others can wait for it. Ready returns what
// they wait for, and is empty where nothing is registered. A component of several
// parts also has ReadyFor, which returns what those wait for that need some of them.
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

// plainCharts adds a component for each chart that needs nothing but the cluster, such
// as KEDA, and returns what others wait for.
func (d *diagram) plainCharts(list []config.PlainChart, dependsOn []pulumi.Resource, opts ...pulumi.ResourceOption) []pulumi.Resource {
	var ready []pulumi.Resource
	for _, c := range list {
		installed := component(d, charts.New, c.Key, charts.Args{Spec: c.Spec, DependsOn: dependsOn}, opts...)
		ready = append(ready, installed.Ready()...)
	}
	return ready
}

// join returns the resources of several lists, for a component that depends on
// them.
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
