package release

import (
	"cmp"
	"maps"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Component is a part of the platform that Helm charts install: namespaces, the
// AWS role of the pods if they need one, and the charts.
type Component struct {
	pulumi.ResourceState

	ready []pulumi.Resource
}

// ComponentArgs are the inputs of NewComponent.
type ComponentArgs struct {
	// Type is the type token of the component, such as vllm-eks:keda:KEDA. Required.
	Type string
	// Namespaces are created before the charts. With none, nothing is registered.
	Namespaces []Namespace
	// Role registers the AWS role of the pods. Default: no role.
	Role Role
	// Charts are installed one after the other.
	Charts []Chart
	// DependsOn must exist before the component, and is deleted after it. Default:
	// nothing.
	DependsOn []pulumi.Resource
	// Outputs are those of the component. Default: none.
	Outputs pulumi.Map
}

// Namespace is a namespace that a component creates.
type Namespace struct {
	// Name is the name of the namespace and of its resource.
	Name string
	// Level limits what the pods of the namespace may request.
	Level Level
}

// Role registers an AWS role and returns what pods that need the role wait for.
type Role func(*pulumi.Context, ...pulumi.ResourceOption) ([]pulumi.Resource, error)

// Chart is a chart of a component.
type Chart struct {
	Args
	// Resource is the name of the Release's resource. Default: that of the
	// component.
	Resource string
	// Optional charts are not part of Ready: no replica needs them.
	Optional bool
}

// NewComponent registers a component, or nothing if it has no namespace.
func NewComponent(ctx *pulumi.Context, name string, args ComponentArgs, opts ...pulumi.ResourceOption) (*Component, error) {
	c := &Component{}
	if len(args.Namespaces) == 0 {
		return c, nil
	}
	if err := ctx.RegisterComponentResource(args.Type, name, c, opts...); err != nil {
		return nil, err
	}
	before, err := c.prepare(ctx, args)
	if err != nil {
		return nil, err
	}
	for _, chart := range args.Charts {
		installed, err := New(ctx, cmp.Or(chart.Resource, name), chart.Args, pulumi.Parent(c), pulumi.DependsOn(before))
		if err != nil {
			return nil, err
		}
		before = append(slices.Clip(before), installed)
		if !chart.Optional {
			c.ready = append(c.ready, installed)
		}
	}
	outputs := pulumi.Map{} // not nil, which the engine does not take
	maps.Copy(outputs, args.Outputs)
	return c, ctx.RegisterResourceOutputs(c, outputs)
}

// prepare registers what the charts wait for, and returns it with what the
// component waits for. The role is deleted after the charts: the load balancer
// controller needs it to delete the last load balancer.
func (c *Component) prepare(ctx *pulumi.Context, args ComponentArgs) ([]pulumi.Resource, error) {
	before := slices.Clone(args.DependsOn)
	for _, n := range args.Namespaces {
		namespace, err := NewNamespace(ctx, n.Name, n.Level, pulumi.Parent(c), pulumi.DependsOn(args.DependsOn))
		if err != nil {
			return nil, err
		}
		before = append(before, namespace)
	}
	if args.Role == nil {
		return before, nil
	}
	role, err := args.Role(ctx, pulumi.Parent(c))
	return append(before, role...), err
}

// Ready returns what others wait for that need the component, and that are
// deleted before it. It is empty if nothing is installed.
func (c *Component) Ready() []pulumi.Resource { return c.ready }
